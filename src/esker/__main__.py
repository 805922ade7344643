"""`python -m esker` is the esker command, where its script is not on the path."""

import sys

from esker.cli import main

sys.exit(main())
