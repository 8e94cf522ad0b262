"""Assignment of cases to training, validation and test: by patient, never by slice.

Each way to split is a class: built from its settings, which it checks, and called with a cohort.
"""

from lungseg.splits.balanced import Balanced
from lungseg.splits.default import Default
from lungseg.splits.drawn import Fraction
from lungseg.splits.file import FromFile
from lungseg.splits.folds import KFold, LeaveOneOut
from lungseg.splits.given import Explicit, Positions
from lungseg.splits.sets import Split
from lungseg.splits.sites import LeaveOneSiteOut

__all__ = [
    "Balanced",
    "Default",
    "Explicit",
    "Fraction",
    "FromFile",
    "KFold",
    "LeaveOneOut",
    "LeaveOneSiteOut",
    "Positions",
    "Split",
]
