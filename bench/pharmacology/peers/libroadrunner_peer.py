"""libroadrunner: SBML compiled by LLVM, integrated by CVODE."""

from __future__ import annotations

import numpy as np
import roadrunner

from bench.pharmacology import task
from bench.pharmacology.peers.serve import serve

NAMES = ("cl", "v1", "v2", "ke0", "ec50", "kout", "rate")
STATES = ("a1", "a2", "a3", "m1", "m2", "ce", "r")
DOWN = {
    "a1": "rate - (cl + {Q2} + {Q3})/v1*a1 + {Q2}/v2*a2 + {Q3}/{V3}*a3",
    "a2": "{Q2}/v1*a1 - {Q2}/v2*a2",
    "a3": "{Q3}/v1*a1 - {Q3}/{V3}*a3",
    "m1": "{FM}*cl/v1*a1 - ({CLM} + {QM})/{VM1}*m1 + {QM}/{VM2}*m2",
    "m2": "{QM}/{VM1}*m1 - {QM}/{VM2}*m2",
    "ce": "ke0*(a1/v1 - ce)",
    "r": "{R0}*kout*(1 + {EMAX}*ce/(ec50 + ce)) - kout*r",
}


def _sbml(case: str) -> str:
    import libsbml

    document = libsbml.SBMLDocument(3, 1)
    model = document.createModel()
    states = STATES if case == "B" else STATES[:5]
    for name in (*NAMES, *states):
        one = model.createParameter()
        one.setId(name)
        one.setConstant(False)
        one.setValue(1.0 if name in NAMES else 0.0)
    for name in states:
        rule = model.createRateRule()
        rule.setVariable(name)
        rule.setMath(libsbml.parseL3Formula(DOWN[name].format(**vars(task))))
    return libsbml.writeSBMLToString(document)


MODELS: dict = {}


def _model(case: str):
    if case not in MODELS:
        model = roadrunner.RoadRunner(_sbml(case))
        model.integrator.relative_tolerance = 1e-6
        model.integrator.absolute_tolerance = 1e-9
        states = STATES if case == "B" else STATES[:5]
        model.timeCourseSelections = ["time", *states]
        MODELS[case] = model, states
    return MODELS[case]


def solve(case: str, table: np.ndarray) -> np.ndarray:
    """One patient after another, one segment after another."""
    model, states = _model(case)
    pieces = task.segments(case)
    out = np.empty((len(table), len(task.OUTPUTS[case]), 200))
    for k, p in enumerate(table):
        model.reset(roadrunner.SelectionRecord.ALL)
        for name, value in zip(NAMES, p, strict=False):
            model.setValue(name, float(value))
        last = np.zeros(len(states))
        if case == "B":
            last[6] = task.R0
        done = 0
        for low, high, rate, inside in pieces:
            model.setValue("rate", float(rate))
            for name, value in zip(states, last, strict=True):
                model.setValue(name, float(value))
            grid = np.concatenate([[low], inside, [high] if high > inside[-1] + 1e-9 else []])
            y = np.array(model.simulate(times=list(grid)))[:, 1:]
            last, inner = y[-1], y[1 : 1 + inside.size]
            here = slice(done, done + inside.size)
            columns = [inner[:, 0] / p[1], inner[:, 3] / task.VM1]
            out[k, :, here] = [*columns, inner[:, 5], inner[:, 6]] if case == "B" else columns
            done += inside.size
    return out


serve(solve)
