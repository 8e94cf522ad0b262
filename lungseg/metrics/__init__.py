"""Metrics, all derived from one table of counts with one row per slice."""
