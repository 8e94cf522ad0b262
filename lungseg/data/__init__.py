"""From sources on disk to batches of slices."""
