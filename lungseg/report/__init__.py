"""Reports: figures (pure functions from small tables), pages, and tables on the terminal."""
