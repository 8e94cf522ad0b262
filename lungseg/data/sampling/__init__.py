"""Which slices an epoch of training has, and in which order."""
