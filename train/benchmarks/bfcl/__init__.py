"""The Berkeley Function-Calling Leaderboard, version 4, without its agentic categories."""
