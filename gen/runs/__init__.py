"""Run folders: shards, manifest, card, review, publishing."""
