"""What a user can ask for; one module a command or a part of it."""
