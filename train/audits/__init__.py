"""Whether a run can teach: what degenerate policies would earn, and what gives a label away."""
