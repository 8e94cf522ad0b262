"""From a command line to a call, and back to one line for what goes wrong."""
