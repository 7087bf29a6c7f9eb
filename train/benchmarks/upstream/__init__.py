"""What upstream says in its own files, and where a run here differs from one of upstream's."""
