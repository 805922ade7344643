"""python -m esker.simulate"""

import sys

from . import main

sys.exit(main())
