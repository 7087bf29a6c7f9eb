"""Who says whether an episode was safe, and how it is asked."""
