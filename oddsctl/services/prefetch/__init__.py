"""Buying boards ahead of games: the schedule, the plan, the run, and what came of each window."""
