"""What the parts of the house say to each other. Frozen values; no I/O, no policy."""
