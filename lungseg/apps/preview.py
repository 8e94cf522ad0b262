"""``lungseg preview``: what an augmentation does to slices of a cohort."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from omegaconf import DictConfig

from lungseg.apps.checks import check_training_slices
from lungseg.apps.prepare import check_cases, prepare_with_masks
from lungseg.arguments.numbers import check_at_least
from lungseg.augment.augment import Augment
from lungseg.config import build
from lungseg.data.cohort import Cohort
from lungseg.data.network_input import NetworkInput
from lungseg.data.store import open_arrays
from lungseg.errors import ConfigError, DataError
from lungseg.files import replacing, short
from lungseg.report.augmented import Row, Tile, picture

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

ROWS = 4
SUFFIX = ".png"


def run(config: DictConfig, run_dir: Path) -> None:
    """Draw each of some slices several times, and write one picture of them."""
    output = _output(config)
    for key, least in {"n": 1, "seed": 0}.items():
        try:
            check_at_least(**{key: (config[key], least)})
        except ValueError as error:
            raise ConfigError(str(error)) from None
    augment = check_training_slices(config)
    if augment is None:
        raise ConfigError("augment=none: changes nothing; choose augment=light or augment=strong")
    check_cases(config)
    network_input = NetworkInput.of(build(config.intensity, "intensity"), config.data)
    cohort = prepare_with_masks(config)
    picked = pick_slices(cohort)
    if not picked:
        raise DataError("no slice has lung in its mask, so there is nothing to show", cohort.store)
    rows = [
        _row(cohort, place, sample, augment, network_input, seed=config.seed, n=config.n)
        for place, sample in zip(picked, _samples(cohort, picked, network_input), strict=True)
    ]
    with replacing(output) as part:
        picture(rows).save(part)
    log.info(f"to look at: {short(output)}")


def pick_slices(cohort: Cohort) -> list[tuple[int, int]]:
    """Case and z of a few slices with lung: cases from first to last, slices from base to apex."""
    picked = []
    for k in range(ROWS):
        case = k * len(cohort.cases) // ROWS
        mask: Any = open_arrays(cohort.store, cohort.names[case])[1]
        with_lung = np.flatnonzero(mask[:].any(axis=(1, 2)))
        if len(with_lung):
            picked.append((case, int(with_lung[(2 * k + 1) * len(with_lung) // (2 * ROWS)])))
    return picked


def _samples(
    cohort: Cohort, picked: list[tuple[int, int]], network_input: NetworkInput
) -> Iterator[dict[str, Any]]:
    """Channels and mask of slices, as training has them before it changes them."""
    from lungseg.data.dataset import SliceDataset

    names = [name for k, name in enumerate(cohort.names) if k in {case for case, _ in picked}]
    outlines = network_input.outlines(cohort, names)
    dataset = SliceDataset(cohort, names, network_input, outlines)
    yield from (dataset[dataset.index.index(place)] for place in picked)


def _row(
    cohort: Cohort,
    place: tuple[int, int],
    sample: dict[str, Any],
    augment: Augment,
    network_input: NetworkInput,
    *,
    seed: int,
    n: int,
) -> Row:
    case, z = place
    own = network_input.context  # the channel of the slice itself
    hu, lung = sample["image"][None, : 2 * own + 1], sample["mask"][None]

    def to_intensity(hu: Tensor) -> Tensor:
        return network_input.intensity(hu[:, own : own + 1])

    def tile(image: Tensor, mask: Tensor) -> Tile:
        return image[0, 0].numpy(), mask[0, 0].numpy()

    # As a training draws, whose keys also have the number of the batch.
    keys = [(seed, draw, case, z) for draw in range(n)]
    fill_hu = network_input.fill_hu
    draws = [tile(*augment(hu, lung, [key], to_intensity, fill_hu=fill_hu)) for key in keys]
    return Row(f"{cohort.names[case]}, slice {z}", tile(to_intensity(hu), lung), draws)


def _output(config: DictConfig) -> Path:
    output = Path(str(config.output))
    if output.suffix != SUFFIX or output.is_dir():
        raise ConfigError(f"output: must be a file called *{SUFFIX}: output=preview{SUFFIX}")
    return output
