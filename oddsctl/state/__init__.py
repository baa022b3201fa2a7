"""State shared by all processes, kept as JSON in the store."""
