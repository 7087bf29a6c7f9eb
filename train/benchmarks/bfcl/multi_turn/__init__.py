"""Conversations of several turns, on the official classes."""
