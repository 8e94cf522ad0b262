"""DICOM files: finding, reading, placing in the patient, de-identifying.

Importing this package silences pydicom and highdicom: their messages quote values, which may be
names, dates or UIDs. What matters is checked here and reported without values.
"""

import logging
import warnings

from lungseg.dicom.no_dl import install

for _name in ("pydicom", "highdicom"):
    # Not `disabled`, which Hydra resets when it configures logging for a job.
    _logger = logging.getLogger(_name)
    _logger.addHandler(logging.NullHandler())
    _logger.propagate = False
    warnings.filterwarnings("ignore", module=rf"{_name}(\.|$)")
install()
