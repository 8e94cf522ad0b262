"""What the jobs of a sweep share: the folder, its index, their names, their processes."""
