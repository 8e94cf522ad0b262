"""A volume through one or more models, and the masks that come out."""
