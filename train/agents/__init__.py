"""Anything that can speak next, and the loop that it speaks in."""
