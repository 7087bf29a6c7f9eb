"""One file a domain: the state, `seed(rng, pools)`, and the tools as plain functions over the state."""
