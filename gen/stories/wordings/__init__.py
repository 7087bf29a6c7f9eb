"""What is asked of the wordings of a story, whatever they say."""
