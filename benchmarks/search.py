"""How many trials a search needs to come close to the best settings, on a synthetic surface.

The space is that of ``sweep=bayes_alpha_beta``. The surface of the DSC is smooth, without noise,
and its best learning rate depends on alpha. A search has come close once a trial is within 1 % of
the optimum, relative to the distance between the median of the space and the optimum: 1 % of the
value itself would be easier.
"""

from __future__ import annotations

import math
import statistics

import numpy as np
from omegaconf import OmegaConf
from optuna import create_study, logging
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from lungseg.config import conf_dir
from lungseg.search.samplers import propose
from lungseg.search.space import Point, Space, read_space

SEEDS = 10
MOST_TRIALS = {"gp": 200, "tpe": 1000, "cmaes": 1000, "random": 4000}
BEST = 0.95


def dsc(point: Point) -> float:
    """The surface; its maximum is at alpha 0.35, beta 0.6 and a learning rate of 0.1."""
    alpha = (point["loss.alpha"] - 0.35) / 0.5
    beta = (point["loss.beta"] - 0.6) / 0.4
    lr = (math.log10(point["optimizer.lr"]) + 1 + 0.5 * alpha) / 0.9
    return BEST * math.exp(-(alpha**2 + beta**2 + lr**2 + 0.5 * alpha * beta) / 2)


def searched_space() -> Space:
    sweep = OmegaConf.load(conf_dir() / "sweep" / "bayes_alpha_beta.yaml")
    return read_space(OmegaConf.to_container(sweep.hydra.sweeper.space))


def threshold(space: Space) -> float:
    """The value 1 % of the way from the optimum to the median of the space."""
    random = np.random.default_rng(0)
    columns = {}
    for parameter in space.parameters:
        spread = parameter.distribution
        ends = np.array([spread.low, spread.high])
        drawn = random.uniform(*(np.log(ends) if spread.log else ends), 20_000)
        columns[parameter.key] = np.exp(drawn) if spread.log else drawn
    rows = zip(*columns.values(), strict=True)
    values = [dsc(dict(zip(columns, row, strict=True))) for row in rows]
    return BEST - 0.01 * (BEST - float(np.median(values)))


def trials_needed(sampler: str, seed: int, space: Space, enough: float) -> float:
    storage = InMemoryStorage()
    study = create_study(storage=storage, direction="maximize")
    for number in range(MOST_TRIALS[sampler]):
        trial_id = study.ask()._trial_id
        point = propose(study, storage.get_trial(trial_id), space, sampler, seed, (), None)
        for parameter in space.parameters:
            spread = parameter.distribution
            value = spread.to_internal_repr(point[parameter.key])
            storage.set_trial_param(trial_id, parameter.key, value, spread)
        value = dsc(point)
        if value >= enough:
            return number + 1
        storage.set_trial_state_values(trial_id, TrialState.COMPLETE, [value])
    return math.inf


def main() -> None:
    logging.set_verbosity(logging.WARNING)
    space = searched_space()
    enough = threshold(space)
    medians = {
        sampler: statistics.median(
            trials_needed(sampler, seed, space, enough) for seed in range(SEEDS)
        )
        for sampler in MOST_TRIALS
    }
    needed = ", ".join(
        f"{sampler} {median:g} ({median / medians['random']:.3f} of random)"
        for sampler, median in medians.items()
    )
    print(f"search: trials to within 1 % of the optimum (median of {SEEDS} seeds): {needed}")


if __name__ == "__main__":
    main()
