"""Several patients in one value: a numba type that is one vector register.

The compiler does not reliably find vector instructions in loops over patients, and a loop that
misses them is many times slower without a word. So the kernels say it: a `Lanes` is WIDTH float64
and supports + - * /, and the functions below. A lane's result does not depend on WIDTH.

`load(array, row)` and `store(array, row, value)` use rows of a C-contiguous (rows, WIDTH) array.
"""
# Vector values are outside mypy's reach; these kernels are held by tests instead.
# mypy: ignore-errors

from __future__ import annotations

import operator

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic

# One register: two halves for each value would spill the sums of a step to memory.
WIDTH = 8 if binding.get_host_cpu_features().get("avx512f") else 4
CHUNK = 128  # patients for each piece of parallel work: it allocates once
# Only whole kernels are cached (see fingerprint.py), not the functions that they are built from.
MATHS = {"fastmath": {"contract", "nsz"}, "error_model": "numpy"}
# They are called from kernels alone, on arrays that the kernel keeps: no wrappers for Python, and
# no counting of references, which takes a locked instruction for every slice.
OPTIONS = {**MATHS, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# A call with arrays pushes dozens of words; at every step that would cost more than the step.
INLINED = {**OPTIONS, "forceinline": True}
ALLOCATING = {**MATHS, "forceinline": True}
KERNEL = {"cache": True, "parallel": True, **MATHS}
_DOUBLE = ir.DoubleType()
_VECTOR = ir.VectorType(_DOUBLE, WIDTH)
_LONGS = ir.VectorType(ir.IntType(64), WIDTH)


class LanesType(types.Type):
    """Type of WIDTH float64 that are computed together."""

    def __init__(self) -> None:
        super().__init__("Lanes")


lanes = LanesType()


@register_default(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, fe_type):
        super().__init__(manager, fe_type, _VECTOR)


def _spread(builder, number):
    one = builder.insert_element(
        ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(ir.IntType(32), 0)
    )
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), zeros)


def _as_vector(context, builder, kind, value):
    if kind is lanes or isinstance(kind, LanesType):
        return value
    return _spread(builder, context.cast(builder, value, kind, types.float64))


def _register(function, emit):
    @infer_global(function)
    class _Template(AbstractTemplate):
        def generic(self, args, kws):
            kinds = (LanesType, types.Float, types.Integer)
            known = len(args) == 2 and all(isinstance(arg, kinds) for arg in args)
            vector = any(isinstance(arg, LanesType) for arg in args)
            return signature(lanes, *args) if known and vector else None

    def lower(context, builder, sig, args):
        a, b = (_as_vector(context, builder, *pair) for pair in zip(sig.args, args, strict=True))
        return getattr(builder, emit)(a, b, flags=("contract", "nsz"))

    for left, right in (
        (LanesType, LanesType),
        (LanesType, types.Float),
        (types.Float, LanesType),
        (LanesType, types.Integer),
        (types.Integer, LanesType),
    ):
        lower_builtin(function, left, right)(lower)


for _function, _emit in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _register(_function, _emit)


def _row(context, builder, kind, array, row):
    data = context.make_array(kind)(context, builder, array).data
    offset = builder.mul(row, ir.Constant(row.type, WIDTH))
    return builder.bitcast(builder.gep(data, [offset]), _VECTOR.as_pointer())


@intrinsic
def load(typing_context, array, row):
    """The patients' values of one row."""

    def generate(context, builder, sig, args):
        return builder.load(_row(context, builder, sig.args[0], *args), align=8)

    return lanes(array, types.intp), generate


@intrinsic
def store(typing_context, array, row, value):
    """Write the patients' values to one row."""

    def generate(context, builder, sig, args):
        builder.store(args[2], _row(context, builder, sig.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


def _cell(context, builder, kind, array, row, column):
    found = context.make_array(kind)(context, builder, array)
    width = builder.extract_value(found.shape, 1)
    place = builder.gep(found.data, [builder.add(builder.mul(row, width), column)])
    return builder.bitcast(place, _VECTOR.as_pointer())


@intrinsic
def load_at(typing_context, array, row, column):
    """WIDTH values of a C-contiguous (rows, patients) array from a column on."""

    def generate(context, builder, sig, args):
        return builder.load(_cell(context, builder, sig.args[0], *args), align=8)

    return lanes(array, types.intp, types.intp), generate


@intrinsic
def store_at(typing_context, array, row, column, value):
    """Write WIDTH values of a C-contiguous (rows, patients) array from a column on."""

    def generate(context, builder, sig, args):
        builder.store(args[3], _cell(context, builder, sig.args[0], *args[:3]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, lanes), generate


@intrinsic
def spread(typing_context, number):
    """The same number in all lanes."""

    def generate(context, builder, sig, args):
        return _spread(builder, args[0])

    return lanes(types.float64), generate


@intrinsic
def if_greater(typing_context, a, b, yes, no):
    """`yes` where a > b, else `no`; NaN compares as no."""

    def generate(context, builder, sig, args):
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[2], args[3])

    return lanes(lanes, lanes, lanes, lanes), generate


@intrinsic
def any_greater(typing_context, a, b):
    """Whether a > b in any lane, as one boolean."""

    def generate(context, builder, sig, args):
        lanes_above = builder.fcmp_ordered(">", args[0], args[1])
        bits = builder.bitcast(lanes_above, ir.IntType(WIDTH))
        return builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(WIDTH), 0))

    return types.boolean(lanes, lanes), generate


def _unary(name):
    def typed(typing_context, x):
        def generate(context, builder, sig, args):
            kind = ir.FunctionType(_VECTOR, [_VECTOR])
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

        return lanes(lanes), generate

    return intrinsic(typed)


root = _unary(f"llvm.sqrt.v{WIDTH}f64")
nearest = _unary(f"llvm.rint.v{WIDTH}f64")
size_of = _unary(f"llvm.fabs.v{WIDTH}f64")


@intrinsic
def two_to(typing_context, k):
    """2**k for whole k between -1022 and 1023, by writing the exponent bits.

    Beside so large a number k stands in the low bits: AVX2 cannot convert eight bytes to whole ones.
    """

    def generate(context, builder, sig, args):
        large = ir.Constant(_VECTOR, [1.5 * 2.0**52 + 1023.0] * WIDTH)
        bits = builder.bitcast(builder.fadd(args[0], large), _LONGS)
        return builder.bitcast(builder.shl(bits, ir.Constant(_LONGS, [52] * WIDTH)), _VECTOR)

    return lanes(lanes), generate


@njit(**ALLOCATING)
def empty_rows(count):
    """An uninitialised (count, WIDTH) array that starts on a cache line.

    numpy's own may start in the middle of one, and then every load touches two.
    """
    raw = np.empty((count + 1) * WIDTH)
    skip = (-raw.ctypes.data % 64) // 8
    return raw[skip : skip + count * WIDTH].reshape((count, WIDTH))


@njit(**ALLOCATING)
def empty_blocks(blocks, count):
    """The same for several blocks: (blocks, count, WIDTH)."""
    return empty_rows(blocks * count).reshape((blocks, count, WIDTH))


@njit(**INLINED)
def clear(rows):
    """Set (rows, WIDTH) to 0, a register at a time: a slice is filled number by number."""
    for r in range(rows.shape[0]):
        store(rows, r, spread(0.0))


@njit(**OPTIONS)
def larger(a, b):
    return if_greater(a, b, a, b)


@njit(**OPTIONS)
def smaller(a, b):
    return if_greater(a, b, b, a)


@njit(**OPTIONS)
def exp_minus(x):
    """exp(-x) for x >= 0 to about 1 ulp, without a branch; 1e-300 and less counts as 0."""
    x = spread(0.0) - smaller(x, spread(690.0))
    k = nearest(x * 1.4426950408889634)
    r = x - k * 0.6931471803691238
    r = r - k * 1.9082149292705877e-10
    # Taylor to r**13 / 13! on |r| < 0.347, which is below half an ulp; two sums side by side.
    s = r * r
    even = s * (1.0 / 479001600.0) + 1.0 / 3628800.0
    odd = s * (1.0 / 6227020800.0) + 1.0 / 39916800.0
    even, odd = even * s + 1.0 / 40320.0, odd * s + 1.0 / 362880.0
    even, odd = even * s + 1.0 / 720.0, odd * s + 1.0 / 5040.0
    even, odd = even * s + 1.0 / 24.0, odd * s + 1.0 / 120.0
    even, odd = even * s + 0.5, odd * s + 1.0 / 6.0
    # The large terms last: 1 + (r + the rest), so that rounding stays at half an ulp of the result.
    return (1.0 + (r + s * (odd * r + even))) * two_to(k)
