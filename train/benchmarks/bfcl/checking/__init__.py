"""An output against what is accepted, as the official checker has it."""
