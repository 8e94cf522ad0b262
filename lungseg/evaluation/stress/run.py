"""All passes of a stress test."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lungseg.data import store as stores
from lungseg.evaluation.stress.corruption import Corruption

if TYPE_CHECKING:
    from lungseg.data.dataset import SliceDataset
    from lungseg.data.network_input import NetworkInput
    from lungseg.evaluation.run import Task
    from lungseg.metrics.sides import SideArray

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Level:
    """The test set under one corruption of one strength.

    Attributes:
        corruption: Name.
        strength: In the corruption's unit.
        numbers: Of each case (`lungseg.metrics.cases`), by name.
        picture: Of a slice with both masks, as a ``data:`` URL.
        refused: Cases in which no patient was found, which count as missed.
    """

    corruption: str
    strength: float
    numbers: dict[str, dict[str, Any]]
    picture: str
    refused: frozenset[str] = field(default_factory=frozenset)


def stress_test(
    task: Task, network_input: NetworkInput, corruptions: Sequence[Corruption], seed: int
) -> list[Level]:
    """Evaluate the test set as it is, and under each corruption of each strength.

    Each corruption begins with the test set as it is, which is evaluated once, as in an ordinary
    evaluation. Every process of the trainer has to call this; all get the same.

    Args:
        task: What is evaluated and how.
        network_input: What becomes of a corrupted slice before the network sees it.
        corruptions: At least one.
        seed: From which random corruptions are drawn.
    """
    from lungseg.evaluation.stress.slices import CorruptedSlices

    names = task.cohort.names
    plain = task.data.datasets["test"]
    cases = list(dict.fromkeys(names[case] for case, _ in plain.index))
    shown = largest_slice(task, cases[0])
    n_passes = 1 + sum(len(one.strengths) for one in corruptions)
    began = time.monotonic()
    clean = _pass(task, plain, shown, f"pass 1 of {n_passes}: as it is")
    if task.trainer.is_global_zero:
        took = time.monotonic() - began
        several = "s" if len(cases) > 1 else ""
        log.info(
            f"stress test: {n_passes} passes over {len(cases)} test case{several}; the first"
            f" took {took:.0f} s, all take about {n_passes * took / 60:.0f} min or more"
        )
    levels, done = [], 1
    for one in corruptions:
        levels.append(Level(one.name, one.none, *clean))
        for strength in one.strengths:
            done += 1
            slices = CorruptedSlices(
                task.cohort, cases, network_input, corruption=one, strength=strength, seed=seed
            )
            text = f"pass {done} of {n_passes}: {one.name} {strength:g} {one.unit}"
            made = _pass(task, slices, shown, text)
            levels.append(Level(one.name, strength, *made, frozenset(slices.refused)))
    return levels


def largest_slice(task: Task, case: str) -> tuple[int, int]:
    """Position of a case in the cohort, and its slice with most lung in the reference."""
    mask: Any = stores.open_arrays(task.cohort.store, case)[1]
    sizes = [np.count_nonzero(mask[z]) for z in range(mask.shape[0])]
    return task.cohort.names.index(case), int(np.argmax(sizes))


def _pass(
    task: Task, slices: SliceDataset, shown: tuple[int, int], text: str
) -> tuple[dict[str, dict[str, Any]], str]:
    """Numbers of each case, and the picture."""
    from lungseg.evaluation.run import refuse_partial
    from lungseg.evaluation.stress.bar import PassBar
    from lungseg.evaluation.stress.collect import CollectCases
    from lungseg.evaluation.stress.slices import CorruptedSlices

    sides: Callable[[str], SideArray | None] = partial(stores.open_sides, task.cohort.store)
    refused: Set[str] = frozenset()
    if isinstance(slices, CorruptedSlices):
        sides, refused = slices.sides, slices.refused
    collect = CollectCases(task.cohort, sides, refused, task.postprocess, shown)
    data = task.data.only("test")
    data.datasets = {"test": slices}
    trainer, module = task.trainer, task.module
    trainer.callbacks[:] = [PassBar(text), collect]  # type: ignore[attr-defined]
    module.sets = ("test",)  # those of the pass
    module.on_test_epoch_start()  # also in a process without a case to evaluate
    trainer.test(module, data, verbose=False)
    module.to(trainer.strategy.root_device)  # from which counts are gathered
    refuse_partial({"test": module.table("test")}, data)
    return collect.numbers(), collect.picture()
