"""`python -m toolkit` is `annex2`."""

import sys

from toolkit.cli import main

sys.exit(main())
