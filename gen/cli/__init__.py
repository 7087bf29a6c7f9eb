"""The commands of gen, what they take and what they show."""
