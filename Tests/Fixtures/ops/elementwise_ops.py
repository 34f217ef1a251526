# The other functions of every element: chainer/functions/math. See oracle.py; the special functions need SciPy too:
#     v/bin/pip install --no-deps "scipy<1.11"
import numpy
import chainer
import chainer.functions as F
from oracle import *

# What each is tried on: where it is defined, and far from where it is not.
RANGE = {
    'arccos': (-0.9, 0.9), 'arcsin': (-0.9, 0.9), 'arctan': (-3, 3), 'arctanh': (-0.9, 0.9), 'cosh': (-3, 3), 'sinh': (-3, 3),
    'tan': (-1.4, 1.4), 'expm1': (-3, 3), 'log10': (0.2, 3), 'log1p': (-0.8, 3), 'log2': (0.2, 3), 'rsqrt': (0.2, 3),
    'erf': (-3, 3), 'erfc': (-3, 3), 'erfcx': (-2, 2), 'erfinv': (-0.95, 0.95), 'erfcinv': (0.05, 1.95), 'ndtr': (-4, 4),
    'log_ndtr': (-6, 4), 'ndtri': (0.03, 0.97), 'lgamma': (-2.7, 5), 'digamma': (-2.7, 5), 'ceil': (-3, 3), 'fix': (-3, 3),
}
SHAPES = [((), F32), ((3,), F32), ((2, 3), F64), ((1, 2, 2), F32), ((1,), F64), ((0,), F32), ((2, 0), F64)]


def broadcast(f, constant_first=False):
    """Chainer's functions of two arrays broadcast forward but not backward."""
    def g(xs, a):
        dtype = next(x.dtype for x in reversed(xs) if isinstance(x, chainer.Variable))
        x, y = [x if isinstance(x, chainer.Variable) else chainer.Variable(numpy.asarray(x, None if constant_first else dtype)) for x in xs]
        shape = numpy.broadcast(x.array, y.array).shape
        # Of polygamma and zeta the second alone is differentiated; zeta's first must be no variable.
        x = numpy.broadcast_to(x.array, shape) if constant_first else F.broadcast_to(x, shape)
        return f(x, F.broadcast_to(y, shape))
    return g


OPS.update({op: fn(getattr(F, op)) for op in RANGE})
OPS.update({
    'arctan2': broadcast(F.arctan2), 'fmod': broadcast(F.fmod),
    'polygamma': broadcast(F.polygamma, True), 'zeta': broadcast(F.zeta, True),
})

for op, (lo, hi) in RANGE.items():
    for shape, dtype in SHAPES:
        case(op, [apart(shape, dtype, lo, hi)])
    refuse(op, [ints([1, 2])]) if op not in ('ceil', 'fix') else case(op, [ints([3, -4])])
    refuse(op, [bools([True])]) if op not in ('ceil', 'fix') else None

# ---------------------------------------------------------------- edges: values only where the gradients are not numbers
def edges(op, values, **k):
    for dtype in (F32, F64):
        case(op, [numpy.array(values, dtype)], second=False, **k)


for op in ('arccos', 'arcsin'):
    edges(op, [-1, 1, 0, -0.0, 1.5, inf, nan])
edges('arctan', [0, -0.0, 1e6, inf, -inf, nan])
edges('arctanh', [0, -0.0, 1, -1, 2, nan])
edges('cosh', [0, 1000, -1000, inf, -inf, nan])
edges('sinh', [0, -0.0, 1e-8, 1000, -1000, inf, -inf, nan])
edges('tan', [0, -0.0, 1e-8, inf, nan])
edges('expm1', [0, -0.0, 1e-9, 1000, inf, nan])
edges('expm1', [-50, -1000, -inf], gy=False)  # Chainer's gradient is of y + 1, which is 0 there
edges('log1p', [0, -0.0, 1e-9, -1, -2, inf, nan])
edges('log2', [0, 1, 8, -1, inf, nan])
edges('log10', [0, 1, 1000, -1, inf, nan])
edges('rsqrt', [0, 4, -1, inf, nan])
edges('ceil', [-0.5, 0.5, -1, 1, inf, -inf, nan])
edges('fix', [-0.5, 0.5, -1.5, 1.5, inf, -inf, nan])
edges('erf', [0, -0.0, 1e-9, 10, -10, inf, -inf, nan])
edges('erfc', [0, 5, 9, -10, 30, inf, -inf, nan])
edges('erfcx', [0, -1e-9, -9, 4])
edges('erfcx', [30, 1000, 1e30, -30, inf, -inf, nan], gy=False)  # Chainer's gradient cancels to nothing
edges('erfinv', [0, -0.0, 1e-9, 0.5, 0.75, -0.99, 1.5, nan])
edges('erfinv', [1, -1], gy=False)
edges('erfcinv', [0.01, 0.25, 0.5, 1, 1.5, 1.99, -0.5, 2.5, nan])
edges('erfcinv', [0, 1e-30, 2], gy=False)
edges('ndtr', [0, -0.75, 0.75, -10, 10, -40, inf, -inf, nan])
edges('log_ndtr', [0, -1, 1, -30, 8])
edges('log_ndtr', [-1000, -1e10, 20, inf, -inf, nan], gy=False)
edges('ndtri', [0.125, 0.25, 0.5, 0.75, 0.99, -0.5, 1.5, nan])
edges('ndtri', [0, 1e-30, 1], gy=False)
edges('lgamma', [1, 2, 0.5, -0.5, 1e-3, 100, nan])
edges('lgamma', [0, -1, -2, 1e30, inf, -inf], gy=False)
edges('digamma', [1, 2, 1.5, -0.5, 1e-3, 100, nan])
edges('digamma', [0.0, -0.0, -1, 1e30, inf, -inf], gy=False)

# ---------------------------------------------------------------- two arrays
PAIRS = [((), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((2,), ()), ((0,), (1,))]
for i, (a, b) in enumerate(PAIRS):
    dtype = F64 if i % 2 else F32
    case('arctan2', [rand(a, dtype), apart(b, dtype)])
    sign = rng.choice([-1, 1], b)
    case('fmod', [rand(a, dtype, -5, 5), numpy.asarray(rand(b, dtype, 0.6, 2.5) * sign, dtype)])
    case('polygamma', [numpy.asarray(rng.randint(0, 4, a), numpy.int32 if i % 2 else numpy.int64), rand(b, dtype, 0.4, 4)])
    case('zeta', [numpy.asarray(rand(a, dtype, 1.3, 5)), rand(b, dtype, 0.4, 4)])
for op in ('arctan2', 'fmod'):
    # Chainer's second gradient of arctan2 needs both
    case(op, [rand((2,)), 1.5], second=op == 'fmod'), case(op, [1.5, rand((2,), F64, 0.5, 1)], second=op == 'fmod')
    refuse(op, [rand((2,)), rand((3,))]), refuse(op, [ints([1]), ints([2])]), refuse(op, [rand((2,)), ints([1, 2])])
for dtype in (F32, F64):
    a = lambda *v: numpy.array(v, dtype)
    case('arctan2', [a(0, 0, -0.0, 1, -1, inf, inf, nan), a(1, -1, -1, 0, -0.0, 1, -inf, 1)], gy=False)
    case('fmod', [a(5, -5, 5, -5, 0, 1, inf, nan), a(3, 3, -3, -3, 2, inf, 2, 2)], second=False, gy=False)
    case('fmod', [a(1, 0, -4), a(0, 0, 2)], gy=False)
    case('polygamma', [2, a(0.5, 3)]), case('zeta', [2.5, a(0.5, 3)])
    case('polygamma', [ints([1, 2, 3, 1, 2, 5]), a(-0.3, -1.6, -2.5, -3.9, -0.1, -1.2)])
    case('polygamma', [ints([1, 2, 1, 2, 1, 30, -1, 2]), a(0, 0, -1, -1, inf, 5, 1, nan)], gy=False)
    case('zeta', [a(2, 3, 4, 2), a(-0.3, -1.6, -2.5, -3.2)], second=False)
    case('zeta', [a(1, 0.5, 2, 2.5, 2, 2, inf, nan), a(1, 2, 0, -0.5, -3, inf, 1, 1)], gy=False)
    case('zeta', [ints([2, 3]), a(0.5, 1.5)])
case('polygamma', [ints([0, 1], numpy.int8), rand((2,), F32, 0.5, 2)])
refuse('polygamma', [rand((2,)), rand((2,))]), refuse('polygamma', [ints([1]), ints([1])]), refuse('polygamma', [ints([1, 2]), rand((3,))])
refuse('polygamma', [bools([True]), rand((1,))]), refuse('zeta', [rand((2,)), ints([1, 2])]), refuse('zeta', [rand((2,), F32, 2, 3), rand((3,), F32, 1, 2)])

write(__file__)
