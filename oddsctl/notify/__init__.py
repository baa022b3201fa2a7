"""Notifications through Apprise, in a separate process."""
