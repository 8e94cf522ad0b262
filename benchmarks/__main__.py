"""Print every benchmark's ratio, with the times behind it."""

from benchmarks import coverage, evaluation, startup, statistics, sweep, training

if __name__ == "__main__":
    startup.main()
    training.main()
    sweep.main()
    evaluation.main()
    coverage.main()
    statistics.main()
