"""A synthetic cohort of chest CTs, written as real DICOM files with npz masks.

It shows no real patient. It serves to try the whole pipeline in seconds and without data, so it
also contains irregularities of real cohorts: file names and numbers that do not follow the anatomy,
masks stored upside down, names left in headers, scanners that store pixels differently. Each case's
:class:`Plant` describes its irregularities. Harder patients have one of the kinds in
:mod:`lungseg.phantom.kinds` as well.
"""

from lungseg.phantom.cases import PhantomCase, make_case
from lungseg.phantom.files import KINDS_TABLE, write_case, write_cohort
from lungseg.phantom.variants import Plant

__all__ = ["KINDS_TABLE", "PhantomCase", "Plant", "make_case", "write_case", "write_cohort"]
