"""What tests of ``evaluate predictions=`` share: a prepared cohort, and SimpleITK's Dice."""

import logging

import numpy as np
import SimpleITK

from lungseg.cli import main
from lungseg.data.cohort import open_cohort


def prepared(root, folder):
    """The cases of a folder, prepared by the command."""
    handlers = logging.getLogger().handlers[:]
    words = (f"data.root={root}", f"data.store={folder / 'store'}")
    assert main(["prepare", "data=lctsc", *words, f"outputs={folder / 'outputs'}"]) == 0
    logging.getLogger().handlers[:] = handlers
    return open_cohort(folder / "store")


def affine_of(cohort, name):
    return np.array(cohort.cases[name]["affine"])


def dice_by_itk(a, b):
    """Of SimpleITK."""
    measures = SimpleITK.LabelOverlapMeasuresImageFilter()
    measures.Execute(*(SimpleITK.GetImageFromArray(mask.astype(np.uint8)) for mask in (a, b)))
    return measures.GetDiceCoefficient(1)
