"""Reference data: sports, teams, venues and towns, and how their names are compared."""
