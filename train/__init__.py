"""Teach and measure: reward, SFT, RL, evaluation, and the command."""
