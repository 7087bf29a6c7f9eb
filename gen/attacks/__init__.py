"""What outsiders place in tool results: goals, techniques, contents, encodings."""
