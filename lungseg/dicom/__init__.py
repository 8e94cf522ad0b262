"""DICOM files: found, read, placed in the patient, de-identified.

Importing this keeps pydicom and highdicom from printing and logging: what they say quotes values,
which may be names, dates or UIDs. What matters of it is checked here and reported without values.
"""

import logging
import warnings

for _name in ("pydicom", "highdicom"):
    # Not `disabled`, which Hydra resets when it configures logging for a job.
    _logger = logging.getLogger(_name)
    _logger.addHandler(logging.NullHandler())
    _logger.propagate = False
    warnings.filterwarnings("ignore", module=rf"{_name}(\.|$)")
