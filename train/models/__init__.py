"""Language models on this machine: their folders, their tokens, their turns."""
