"""Pure decisions: frozen state and `now` in, new state and a decision out.

No I/O, no clock, no randomness.
"""
