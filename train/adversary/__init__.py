"""Attacks that adapt to the agent that they are tried on."""
