"""Run all benchmarks and print their ratios, with the times they are computed from."""

from benchmarks import (
    compiled,
    coverage,
    crossvalidation,
    evaluation,
    gpu,
    larger_than_memory,
    planning,
    predict,
    prepare,
    reading,
    search,
    startup,
    statistics,
    strong,
    sweep,
    training,
)

if __name__ == "__main__":
    startup.main()
    prepare.main()
    reading.main()
    training.main()
    compiled.main()
    gpu.main()
    larger_than_memory.main()
    strong.main()
    sweep.main()
    search.main()
    evaluation.main()
    predict.main()
    coverage.main()
    crossvalidation.main()
    planning.main()
    statistics.main()
