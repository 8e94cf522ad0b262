"""Print every benchmark's ratio, with the times behind it."""

from benchmarks import coverage, evaluation, search, startup, training

if __name__ == "__main__":
    startup.main()
    training.main()
    evaluation.main()
    coverage.main()
    search.main()
