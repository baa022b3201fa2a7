"""A simulated world that answers as the three providers do: for `--demo`, for `oddsctl sandbox`, and for
tests.
"""
