"""Where cases come from: one class per file, each named by one YAML file in ``conf/data``."""
