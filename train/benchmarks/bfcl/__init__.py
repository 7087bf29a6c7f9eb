"""The Berkeley Function-Calling Leaderboard, version 4: its single-turn categories."""
