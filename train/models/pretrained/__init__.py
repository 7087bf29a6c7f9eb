"""Pretrained models: where their weights come from, and what is left of them."""
