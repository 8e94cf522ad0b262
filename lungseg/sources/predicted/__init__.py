"""Masks of prepared cases that others made: programs, models or readers."""
