"""The words: Jinja templates, read by gen only."""
