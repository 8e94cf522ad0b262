"""``lungseg preview``: what an augmentation does to slices of a cohort."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from omegaconf import DictConfig

from lungseg.apps.prepare import check_cases, prepare_with_masks
from lungseg.arguments import check_arguments, check_at_least
from lungseg.augment.augment import Augment
from lungseg.config import build
from lungseg.data.cohort import Cohort
from lungseg.data.store import open_arrays
from lungseg.errors import ConfigError
from lungseg.files import replacing, short
from lungseg.report.augmented import Row, Tile, picture

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

ROWS = 4
SUFFIX = ".png"
AIR = -1000
"""HU that fill what comes from beyond a slice."""


def run(config: DictConfig, run_dir: Path) -> None:
    """Draw each of some slices several times, and write one picture of all."""
    output = _output(config)
    for key, least in {"n": 1, "seed": 0}.items():
        try:
            check_at_least(**{key: (config[key], least)})
        except ValueError as error:
            raise ConfigError(str(error)) from None
    if not config.augment:
        raise ConfigError("augment=none: changes nothing; choose augment=light or augment=strong")
    augment = build(config.augment, "augment")
    check_arguments(config.intensity, "intensity")
    check_cases(config)
    intensity = build(config.intensity, "intensity")
    cohort = prepare_with_masks(config)
    rows = [
        _row(cohort, case, z, augment, intensity, seed=config.seed, n=config.n)
        for case, z in pick_slices(cohort)
    ]
    with replacing(output) as part:
        picture(rows).save(part)
    log.info(f"to look at: {short(output)}")


def pick_slices(cohort: Cohort) -> list[tuple[int, int]]:
    """Case and z of a few slices with lung: cases from first to last, slices from base to apex."""
    picked = []
    for k in range(ROWS):
        case = k * len(cohort.cases) // ROWS
        _, mask = _arrays(cohort, case)
        with_lung = np.flatnonzero(mask[:].any(axis=(1, 2)))
        if len(with_lung):
            picked.append((case, int(with_lung[(2 * k + 1) * len(with_lung) // (2 * ROWS)])))
    return picked


def _row(
    cohort: Cohort,
    case: int,
    z: int,
    augment: Augment,
    intensity: Callable[[Tensor], Tensor],
    *,
    seed: int,
    n: int,
) -> Row:
    import torch

    image, mask = _arrays(cohort, case)
    # With a neighbour on each side, so that thick slices have something to average.
    near = [min(max(k, 0), image.shape[0] - 1) for k in (z - 1, z, z + 1)]
    hu = torch.as_tensor(np.stack([image[k] for k in near]))[None]
    lung = torch.as_tensor(mask[z])[None, None]

    def middle(hu: Tensor) -> Tensor:
        return intensity(hu[:, 1:2])

    def tile(image: Tensor, mask: Tensor) -> Tile:
        return image[0, 0].numpy(), mask[0, 0].numpy()

    stored = tile(middle(hu), lung)
    keys = [(seed, draw, case, z) for draw in range(n)]  # as training draws in epoch 0, 1, …
    draws = [tile(*augment(hu, lung, [key], middle, fill_hu=AIR)) for key in keys]
    return Row(f"{cohort.names[case]}, slice {z}", stored, draws)


def _arrays(cohort: Cohort, case: int) -> tuple[Any, Any]:
    """Image and mask: zarr types what it reads too widely."""
    return open_arrays(cohort.store, cohort.names[case])


def _output(config: DictConfig) -> Path:
    output = Path(str(config.output))
    if output.suffix != SUFFIX or output.is_dir():
        raise ConfigError(f"output: must be a file called *{SUFFIX}: output=preview{SUFFIX}")
    return output
