"""A made-up cohort of chest CTs, written as real DICOM files with npz masks.

No patient stands behind it. It is there to try the whole chain on, in seconds and without data of
one's own, so it also hides what real cohorts hide: files whose names and numbers do not follow the
anatomy, masks stored upside down, names left in headers, scanners that store pixels differently.
What was hidden where is in each case's :class:`Plant`.
"""

from lungseg.phantom.cases import PhantomCase, make_case
from lungseg.phantom.files import write_case, write_cohort
from lungseg.phantom.variants import Plant

__all__ = ["PhantomCase", "Plant", "make_case", "write_case", "write_cohort"]
