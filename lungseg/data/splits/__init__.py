"""Who trains and who tests: always by patient, never by slice.

Each way to split is a class: built from its settings, which it checks, and called with a cohort.
"""

from lungseg.data.splits.balanced import Balanced
from lungseg.data.splits.drawn import Fraction
from lungseg.data.splits.file import FromFile
from lungseg.data.splits.folds import KFold, LeaveOneOut
from lungseg.data.splits.given import Explicit, Positions
from lungseg.data.splits.sets import Split
from lungseg.data.splits.sites import LeaveOneSiteOut

__all__ = [
    "Balanced",
    "Explicit",
    "Fraction",
    "FromFile",
    "KFold",
    "LeaveOneOut",
    "LeaveOneSiteOut",
    "Positions",
    "Split",
]
