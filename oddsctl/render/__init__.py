"""Typed results to tables, JSON, CSV. The only place that knows rich."""
