"""What should happen: labels, policy, verdict, scenarios, text and data."""
