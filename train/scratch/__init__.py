"""What only the model from scratch needs."""
