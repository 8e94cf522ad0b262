"""An evaluation of masks that are there already, with all that a page shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.cohort import Cohort
from lungseg.data.store import open_image
from lungseg.evaluation.conventions import Conventions
from lungseg.evaluation.groupings import Grouping
from lungseg.evaluation.masks import MaskScores, Read, score_masks
from lungseg.evaluation.run import summary_of
from lungseg.evaluation.subgroups import subgroups
from lungseg.evaluation.whole_cases import Slice

if TYPE_CHECKING:
    from lungseg.evaluation.result import Evaluation

CURVE = ("threshold", "precision", "recall", "fpr", "dsc")


def evaluate_masks(
    cohort: Cohort,
    names: Sequence[str],
    read: Read,
    conventions: Conventions,
    groupings: Sequence[Grouping] = (),
    *,
    pictures: bool,
) -> tuple[Evaluation, MaskScores]:
    """Score masks as a test set.

    Args:
        cohort: All prepared cases.
        names: Of those to score.
        read: Returns their masks.
        conventions: How; without probabilities the threshold is left out.
        groupings: By which results are shown too.
        pictures: Whether to keep what figures and the page show of slices.
    """
    import pandas as pd

    from lungseg.evaluation.collect import pack
    from lungseg.evaluation.result import Evaluation, surfaces
    from lungseg.evaluation.tables import cases_frame, curve_frame, slices_frame
    from lungseg.evaluation.thumbnails import pictured, thumbnail
    from lungseg.metrics.curves import calibration, curve

    everyone = cohort.names
    positions = {name: case for case, name in enumerate(everyone)}
    places = [
        (positions[name], z)
        for name in names
        for z in range(cohort.cases[name]["fingerprint"]["n_slices"])
    ]
    shown = pictured(places) if pictures else set()
    masks: dict[tuple[int, int], bytes] = {}
    thumbnails: dict[tuple[int, int], str] = {}

    def take(one: Slice) -> None:
        if not pictures:
            return
        key = one.case, one.z
        masks[key] = pack(one.prediction)
        if key in shown:
            grey = slice_picture(cohort, everyone[one.case], one.z)
            thumbnails[key] = thumbnail(grey, one.reference, one.prediction)

    scores = score_masks(cohort, names, read, take)
    if not scores.thresholded:
        conventions = replace(conventions, threshold=None)
    counts = scores.histogram
    summary = summary_of(scores.table, counts, scores.cases, everyone, conventions)
    by_name = {everyone[case]: numbers for case, numbers in scores.cases.items()}
    summary["subgroups"] = subgroups(groupings, by_name, cohort.patients)
    evaluation = Evaluation(
        summary={"test": summary},
        slices=slices_frame({"test": scores.table}, everyone, conventions.empty_dsc),
        cases=cases_frame({"test": scores.cases}, everyone),
        curve=pd.DataFrame(columns=CURVE) if counts is None else curve_frame(curve(counts)),
        calibration=None if counts is None else calibration(counts),
        worst=surfaces(scores.worst, everyone),
        history=None,
        synthetic=cohort.synthetic,
        threshold=conventions.threshold,
        masks=masks,
        thumbnails=thumbnails,
    )
    return evaluation, scores


def slice_picture(cohort: Cohort, name: str, z: int) -> NDArray[np.float32]:
    """A slice as pages show it, 0 to 1, ``[y, x]``."""
    import torch

    from lungseg.data.intensity.window import PICTURES

    image: Any = open_image(cohort.store, name)
    return PICTURES(torch.as_tensor(image[z])).numpy()
