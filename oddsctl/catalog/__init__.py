"""Reference data: sports, teams, venues, towns, and how their names are compared."""
