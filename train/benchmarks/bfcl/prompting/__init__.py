"""The published prompts and function descriptions, with texts from the user's copy of bfcl-eval."""
