"""``python -m lungseg`` is the ``lungseg`` command."""

import sys

from lungseg.cli import main

sys.exit(main())
