"""`python -m surtitle.cli`."""

import sys

from surtitle.cli.app import main

sys.exit(main())
