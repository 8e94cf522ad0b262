"""De-identified copies by PS3.15, Basic Application Level Confidentiality Profile."""
