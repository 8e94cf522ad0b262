"""Print every benchmark's ratio, with the times behind it."""

from benchmarks import startup, training

if __name__ == "__main__":
    startup.main()
    training.main()
