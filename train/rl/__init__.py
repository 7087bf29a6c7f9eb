"""Reinforcement learning in the sandbox."""
