"""oddsctl: odds, schedules and weather for a sport, without spending a credit it need not."""

__version__ = "0.1.0"
