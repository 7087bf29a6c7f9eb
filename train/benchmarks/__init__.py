"""Published benchmarks, scored by triact itself; their cases are read from folders of their own."""
