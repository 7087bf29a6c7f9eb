"""From a seed and an index to proven records: one contrast set at a time."""
