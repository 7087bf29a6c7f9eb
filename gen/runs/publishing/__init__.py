"""A run described, and sent to the Hub."""
