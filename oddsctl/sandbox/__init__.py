"""Simulated world that answers as the three providers do: for `--demo`, `oddsctl sandbox` and tests."""
