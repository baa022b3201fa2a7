"""The words of oddsctl: models, jobs, requests, errors, settings and ports.

Imports nothing else of the package.
"""
