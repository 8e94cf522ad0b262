"""Where cases come from: one class a file, named by one YAML in ``conf/data``."""
