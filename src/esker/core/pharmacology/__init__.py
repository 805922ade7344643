"""Drug to plasma to effect to weeks: virtual patients from published models, solved exactly.

Nothing here decides anything. A prediction is drawn beside the vitals and never opens a gate;
import contracts keep the session, monitoring and discharge rules from reaching this package.

Importing it is cheap; the compiled kernels load when something is first simulated.
"""

from esker.core.interactions import Interaction

from .covariates import Ancestry, Covariates, InputError
from .dosing import Drug
from .events import from_events
from .regimen import Dose, Route, from_rows, parse_dose, parse_times
from .simulate import Curves, simulate, stream, study, summarise

__all__ = [
    "Ancestry", "Covariates", "Curves", "Dose", "Drug", "InputError", "Interaction", "Route",
    "from_events", "from_rows", "parse_dose", "parse_times", "simulate", "stream", "study",
    "summarise",
]  # fmt: skip
