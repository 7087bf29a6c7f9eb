"""What stands behind the tools of a case."""
