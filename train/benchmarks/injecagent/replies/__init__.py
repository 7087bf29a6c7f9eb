"""What the attacked tools say: the published replies, or made up by rule, or a model."""
