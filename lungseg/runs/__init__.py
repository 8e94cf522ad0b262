"""The run folder: claiming it, its status and provenance, resuming from it, reading it back."""
