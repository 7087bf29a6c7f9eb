"""The published prompts of InjecAgent's two kinds of agent, with texts from the user's copy."""
