"""Published benchmarks, scored by their own rules: to measure agents with, never to train on."""
