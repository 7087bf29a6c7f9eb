"""One file a domain: state, `seed(rng, pools)`, tools as plain functions over the state."""
