"""The pass over all slices of a run, its tables and its numbers."""
