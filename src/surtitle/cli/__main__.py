"""`python -m surtitle.cli`."""

import sys

from surtitle.cli import main

sys.exit(main())
