"""What the agent should do and say, as messages written while they are played."""
