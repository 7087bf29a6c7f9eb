"""Questions to models behind endpoints: sent, retried, kept, paid for, and answered in a form."""
