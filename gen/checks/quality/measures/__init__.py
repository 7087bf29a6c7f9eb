"""Measures, one file each: `measure` takes a sample and yields its figures."""
