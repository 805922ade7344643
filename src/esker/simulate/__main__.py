"""python -m esker.simulate"""

import sys

from esker.cli import main

sys.exit(main(["simulate", *sys.argv[1:]]))
