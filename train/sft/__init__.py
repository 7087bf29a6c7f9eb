"""Supervised fine-tuning on executed references."""
