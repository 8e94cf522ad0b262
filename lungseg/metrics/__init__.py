"""Metrics, all derived from the counts of one table with a row a slice."""
