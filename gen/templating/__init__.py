"""Words from files: task templates, slots, wordings, what agent and user say."""
