"""From a seed to a trained and measured agent: one command, gone on with where it was killed."""
