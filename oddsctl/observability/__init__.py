"""Logging, and the redaction of secrets in the log and all other output."""
