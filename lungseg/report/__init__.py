"""Figures of an evaluation report, each a pure function from small tables to a figure."""
