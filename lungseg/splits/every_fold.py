"""All folds of a cross-validation at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lungseg.data.cohort import Cohort
from lungseg.splits.folds import KFold, LeaveOneOut
from lungseg.splits.patients import patients
from lungseg.splits.sets import Split


def every_fold(splitter: Any, cohort: Cohort) -> Iterator[Split]:
    """The sets of each fold, whichever one the splitter names; one for other kinds of split.

    Args:
        splitter: Any of :mod:`lungseg.splits`.
        cohort: To be split.

    Raises:
        ConfigError: If the cohort cannot be split like this.
    """
    if not isinstance(splitter, KFold | LeaveOneOut):
        yield splitter(cohort)
        return
    n = splitter.k if isinstance(splitter, KFold) else len(patients(cohort))
    for fold in range(n):
        yield replace(splitter, fold=fold)(cohort)
