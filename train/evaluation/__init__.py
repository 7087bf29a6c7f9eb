"""Measuring: one loop, one interval, whoever the agent is and whatever it is measured on."""
