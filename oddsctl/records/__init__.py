"""History in the append-only SQLite database records.db: calls, decisions, windows."""
