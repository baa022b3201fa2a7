"""How requests become as few calls as possible, and each of them at most one."""
