"""Decoding: token sequences continued, many at a time."""
