"""The log, and what is redacted in it and in every other output."""
