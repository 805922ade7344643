"""diffrax: Tsit5 with a PID step controller, vectorised over patients by JAX."""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from bench.pharmacology import task
from bench.pharmacology.peers.serve import serve

jax.config.update("jax_enable_x64", True)


def _right_hand_side(case: str):
    begin = jnp.array(task.starts(case))

    def f(t, y, p):
        cl, v1, v2, ke0, ec50, kout = p
        on = jnp.any((t >= begin) & (t < begin + task.DURATION_H))
        rate = jnp.where(on, task.DOSE_MG / task.DURATION_H, 0.0)
        a1, a2, a3, m1, m2 = y[:5]
        down = [
            rate - (cl + task.Q2 + task.Q3) / v1 * a1 + task.Q2 / v2 * a2 + task.Q3 / task.V3 * a3,
            task.Q2 / v1 * a1 - task.Q2 / v2 * a2,
            task.Q3 / v1 * a1 - task.Q3 / task.V3 * a3,
            task.FM * cl / v1 * a1 - (task.CLM + task.QM) / task.VM1 * m1 + task.QM / task.VM2 * m2,
            task.QM / task.VM1 * m1 - task.QM / task.VM2 * m2,
        ]
        if case == "B":
            ce, r = y[5:]
            drive = 1 + task.EMAX * ce / (ec50 + ce)
            down += [ke0 * (a1 / v1 - ce), task.R0 * kout * drive - kout * r]
        return jnp.stack(down)

    return f


def _program(case: str):
    grid, begin = task.times(case), task.starts(case)
    jumps = jnp.array(np.unique(np.concatenate([begin[1:], begin + task.DURATION_H])))
    steps = diffrax.PIDController(rtol=1e-6, atol=1e-9)
    if hasattr(diffrax, "ClipStepSizeController"):
        steps = diffrax.ClipStepSizeController(steps, jump_ts=jumps)
    else:
        steps = diffrax.PIDController(rtol=1e-6, atol=1e-9, jump_ts=jumps)
    term, size = diffrax.ODETerm(_right_hand_side(case)), 7 if case == "B" else 5

    def one(p):
        start = jnp.zeros(size)
        if case == "B":
            start = start.at[6].set(task.R0)
        y = diffrax.diffeqsolve(
            term, diffrax.Tsit5(), 0.0, grid[-1], 0.01, start, p, max_steps=100_000,
            saveat=diffrax.SaveAt(ts=jnp.array(grid)), stepsize_controller=steps,
        ).ys  # fmt: skip
        found = [y[:, 0] / p[1], y[:, 3] / task.VM1]
        return jnp.stack([*found, y[:, 5], y[:, 6]] if case == "B" else found)

    return jax.jit(jax.vmap(one))


PROGRAMS: dict = {}


def solve(case: str, table: np.ndarray) -> np.ndarray:
    """All patients at once."""
    if case not in PROGRAMS:
        PROGRAMS[case] = _program(case)
    return np.asarray(PROGRAMS[case](jnp.array(table)))


serve(solve)
