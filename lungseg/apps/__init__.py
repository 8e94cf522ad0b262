"""One short file a subcommand; each has ``run(config, run_dir)``."""
