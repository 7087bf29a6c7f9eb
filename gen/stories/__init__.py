"""Stories: pieces of somebody's life, told by objects in several worlds, and what they ask for."""
