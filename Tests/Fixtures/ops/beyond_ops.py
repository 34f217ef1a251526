# The ops that Chainer does not have: NumPy's answers (SciPy's where it says so). See oracle.py.
import numpy
import chainer.functions as F
from chainer import Variable
from oracle import *


def values(f):
    """A function of NumPy's, whose results have no gradient here."""
    return lambda xs, a: Variable(numpy.asarray(f(*[x.array if isinstance(x, Variable) else x for x in xs], **a)))


# ---------------------------------------------------------------- comparisons
for name, f in [('eq', numpy.equal), ('ne', numpy.not_equal), ('lt', numpy.less), ('le', numpy.less_equal),
                ('gt', numpy.greater), ('ge', numpy.greater_equal)]:
    OPS[name] = values(f)
    case(name, [f32([1, 2, 3]), f32([1, 3, 2])])
    case(name, [f64([[1], [2]]), f64([1, 2, nan])])
    case(name, [f32([inf, -inf, 0.0]), f32([inf, 1, -0.0])])
    case(name, [ints([1, -2]), ints([1, 3])]), case(name, [rand((2, 0)), rand((1,))])
    refuse(name, [rand((2,)), rand((3,))])

# ---------------------------------------------------------------- arrays of nothing
def made(f):
    return lambda xs, a: Variable(numpy.asarray(f(**a)))


for name in 'zeros ones full eye arange linspace'.split():
    OPS[name] = made(getattr(numpy, name))


def arange(start, stop=None, step=1, dtype='float32'):
    return numpy.arange(0 if stop is None else start, start if stop is None else stop, step).astype(dtype)


OPS['zeros'] = OPS['ones'] = None
for name, value in [('zeros', 0), ('ones', 1)]:
    OPS[name] = made(lambda shape, dtype='float32', value=value: numpy.full(shape, value, dtype))
    for shape in [(), (3,), (2, 0), (2, 1, 3)]:
        case(name, [], {'shape': list(shape)})
    for dtype in 'float16 float64 int8 uint8 int64 bool'.split():
        case(name, [], {'shape': [2], 'dtype': dtype})
    refuse(name, [], {'shape': [-1]})
OPS['full'] = made(lambda shape, fill_value, dtype='float32': numpy.full(shape, fill_value, dtype))
case('full', [], {'shape': [2, 2], 'fill_value': 1.5}), case('full', [], {'shape': [], 'fill_value': 3, 'dtype': 'int32'})
case('full', [], {'shape': [2], 'fill_value': 2 ** 53 + 1, 'dtype': 'int64'}), case('full', [], {'shape': [2], 'fill_value': True, 'dtype': 'bool'})
case('full', [], {'shape': [1], 'fill_value': inf, 'dtype': 'float64'})
for value, dtype in [(1.5, 'int32'), (300, 'uint8'), (True, 'float32'), (1, 'bool')]:
    nonsense('full', [], {'shape': [1], 'fill_value': value, 'dtype': dtype}, 'NumPy casts')
OPS['eye'] = made(lambda N, M=None, k=0, dtype='float32': numpy.eye(N, M, k, dtype))
for args in [{'N': 3}, {'N': 2, 'M': 4}, {'N': 4, 'M': 2}, {'N': 3, 'k': 1}, {'N': 3, 'k': -2}, {'N': 3, 'k': 5}, {'N': 0}, {'N': 2, 'M': 3, 'k': -1, 'dtype': 'int32'},
             {'N': 2, 'dtype': 'bool'}, {'N': 2, 'M': 5, 'k': 3, 'dtype': 'float64'}]:
    case('eye', [], args)
refuse('eye', [], {'N': -1})
OPS['arange'] = made(arange)
for args in [{'start': 5}, {'start': 1, 'stop': 4}, {'start': 0, 'stop': 1, 'step': 0.25}, {'start': 3, 'stop': 0, 'step': -1}, {'start': 3, 'stop': 0},
             {'start': 0, 'stop': 5, 'step': 2, 'dtype': 'int64'}, {'start': -1.5, 'stop': 1.5, 'dtype': 'float64'}]:
    case('arange', [], args)
nonsense('arange', [], {'start': 0, 'stop': 1, 'step': 0}, 'divides by zero'), refuse('arange', [], {'start': 0, 'stop': 1e300})
OPS['linspace'] = made(lambda start, stop, num=50, endpoint=True, dtype='float32': numpy.linspace(start, stop, num, endpoint, dtype=dtype))
for args in [{'start': 0, 'stop': 1, 'num': 5}, {'start': 2, 'stop': -1, 'num': 4, 'dtype': 'float64'}, {'start': 0, 'stop': 1, 'num': 4, 'endpoint': False},
             {'start': 1, 'stop': 2, 'num': 1}, {'start': 1, 'stop': 2, 'num': 0}, {'start': 0.1, 'stop': 0.7}]:
    case('linspace', [], args)
refuse('linspace', [], {'start': 0, 'stop': 1, 'num': -1})

# ---------------------------------------------------------------- truth
for name, f in [('logical_not', numpy.logical_not), ('logical_and', numpy.logical_and), ('logical_or', numpy.logical_or)]:
    OPS[name] = values(f)
    for xs in [[bools([True, True, False, False]), bools([True, False, True, False])], [f32([0, -0.0, nan, 2]), ints([[0], [3]])],
               [bools(True), bools([[False], [True]])], [rand((0,)), bools([True])]]:
        case(name, xs[:1] if name == 'logical_not' else xs)
    if name != 'logical_not':
        refuse(name, [bools([True, False]), bools([True, False, True])])
OPS['isfinite'] = values(numpy.isfinite)
case('isfinite', [f32([0, nan, inf, -inf, 1e38])]), case('isfinite', [f64([[1e308], [-inf]])]), case('isfinite', [ints([1, 2])])
OPS['nan_to_num'] = values(numpy.nan_to_num)
for args in [{}, {'nan': 7.0}, {'posinf': 1.0, 'neginf': -1.0}, {'nan': inf}]:
    case('nan_to_num', [f32([nan, inf, -inf, 2])], args, gy=False), case('nan_to_num', [f64([nan, inf, -inf, -2])], args, gy=False)
OPS['stop_gradient'] = values(lambda x: x)
case('stop_gradient', [rand((2, 2))], gy=False), case('stop_gradient', [ints([1])]), case('stop_gradient', [bools(True)])

# ---------------------------------------------------------------- order
for name, f in [('sort', numpy.sort), ('argsort', lambda x, axis=-1: numpy.argsort(x, axis, kind='stable'))]:
    OPS[name] = values(f)
    for x in [apart((5,)), apart((3, 4)), apart((2, 3, 2), F64), f32([2, nan, -inf, 1, nan, inf, -0.0]), ints([3, 1, 2, 1]), rand((2, 0)), apart((1,))]:
        for args in [{}, {'axis': None}] + ([{'axis': 0}, {'axis': -2}] if x.ndim > 1 else []):
            case(name, [x], args, gy=False)
    refuse(name, [rand((2,))], {'axis': 1})

# ---------------------------------------------------------------- vectors and matrices
OPS['outer'] = values(numpy.outer)
case('outer', [rand((2,)), rand((3,))], gy=False), case('outer', [rand((2, 2), F64), rand((), F64)], gy=False), case('outer', [ints([1, 2]), ints([3])])
case('outer', [rand((0,)), rand((2,))], gy=False)
OPS['trace'] = values(numpy.trace)
for shape in [(3, 3), (2, 3), (3, 2), (2, 2, 2), (0, 2)]:
    for k in [0, 1, -1]:
        case('trace', [rand(shape, F64 if k else F32)], {'offset': k} if k else {}, gy=False)
refuse('trace', [rand((3,))])
OPS['norm'] = values(lambda x, ord=None, axis=None, keepdims=False: numpy.linalg.norm(
    x, ord if not isinstance(ord, str) or ord == 'fro' else float(ord.replace('Infinity', 'inf')), tuple(axis) if isinstance(axis, list) else axis, keepdims))
for x in [rand((4,)), rand((2, 3), F64), rand((2, 2, 2))]:
    case('norm', [x], gy=False), case('norm', [x], {'keepdims': True}, gy=False)
    for p in [None, 1, 2, 3, 0.5, -1, 0, 'Infinity', '-Infinity']:
        case('norm', [x], {'ord': p, 'axis': -1}, gy=False)
for p in ['fro', 1, -1, 'Infinity', '-Infinity', None]:
    case('norm', [rand((2, 3))], {'ord': p}, gy=False), case('norm', [rand((2, 3, 2), F64)], {'ord': p, 'axis': [2, 0]}, gy=False)
    case('norm', [rand((2, 3))], {'ord': p, 'axis': [1, 0], 'keepdims': True}, gy=False)
refuse('norm', [rand((2, 2, 2))], {'ord': 1}), refuse('norm', [rand((2,))], {'ord': 'fro', 'axis': 0}), refuse('norm', [rand((2, 2))], {'ord': 3})
refuse('norm', [rand((2, 2))], {'axis': [0, 0]}), refuse('norm', [rand((2,))], {'ord': 'max'})
nonsense('norm', [rand((2, 2))], {'ord': 2}, 'NumPy takes singular values')

OPS['dot'] = values(numpy.dot)
for a, b in [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 2)), ((2, 2, 3), (3,)), ((2, 2), (3, 2, 2)), ((), (2,)), ((2,), ()), ((3,), (2, 3, 1)), ((0,), (0,))]:
    case('dot', [rand(a), rand(b)], gy=False), case('dot', [rand(a, F64), rand(b, F64)], gy=False)
refuse('dot', [rand((2,)), rand((3,))]), refuse('dot', [rand((2, 3)), rand((2, 3))])


def well(shape, dtype=F32):
    """Matrices far from singular ones."""
    return numpy.asarray(rand(shape, dtype) + 5 * numpy.eye(shape[-1]), dtype)


OPS['solve'] = values(numpy.linalg.solve)
for a, b in [((2, 2), (2,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 2)), ((2, 3, 3), (2, 3, 1)), ((2, 2), (3, 2, 1)), ((2, 1, 2, 2), (1, 3, 2, 2)), ((0, 0), (0,)), ((1, 1), (1, 0))]:
    for dtype in (F32, F64):
        case('solve', [well(a, dtype), rand(b, dtype)], gy=False, rtol=1e-4 if dtype is F32 else None)
refuse('solve', [f32([[1, 2], [2, 4]]), rand((2,))]), refuse('solve', [rand((2, 3)), rand((2,))]), refuse('solve', [well((2, 2)), rand((3,))])
refuse('solve', [well((2, 2)), rand(())])
OPS['slogdet'] = lambda xs, a: [Variable(numpy.asarray(v)) for v in numpy.linalg.slogdet(xs[0].array)]
for x in [well((2, 2)), well((3, 3), F64), -well((3, 3)), rand((2, 2, 2), F64), f32([[0, 1], [1, 0]]), f64([[1, 2], [2, 4]]), numpy.zeros((2, 0, 0), F32), numpy.full((1, 1), 1e-30, F32)]:
    case('slogdet', [x], gy=False)
refuse('slogdet', [rand((2, 3))]), refuse('slogdet', [rand((2,))])

# ---------------------------------------------------------------- gates
OPS['gelu'] = lambda xs, a: xs[0] * F.ndtr(xs[0])
OPS['silu'] = lambda xs, a: xs[0] * F.sigmoid(xs[0])
OPS['mish'] = lambda xs, a: xs[0] * F.tanh(F.softplus(xs[0]))
OPS['softsign'] = lambda xs, a: xs[0] / (1 + abs(xs[0]))
OPS['hard_swish'] = lambda xs, a: xs[0] * F.clip(xs[0] + 3, 0.0, 6.0) / 6
for name in ('gelu', 'silu', 'mish', 'softsign', 'hard_swish'):
    for shape, dtype in [((), F32), ((3,), F64), ((2, 3), F32), ((0,), F32)]:
        case(name, [apart(shape, dtype, -2.5, 2.7)])
    case(name, [f32([20, -20, 4, -4])]), refuse(name, [ints([1])])

# ---------------------------------------------------------------- random numbers: what a seed cannot change
for name, args in [('normal', {'scale': 0, 'loc': 2}), ('uniform', {'low': 3, 'high': 3})]:
    OPS[name] = made(lambda shape, loc=3, low=None, high=None, scale=0, dtype='float32': numpy.full(shape, loc, dtype))
    for dtype in ('float16', 'float32', 'float64'):
        case(name, [], dict(args, shape=[2, 3], dtype=dtype))
    case(name, [], dict(args, shape=[0]))
    refuse(name, [], {'shape': [-1]})
    nonsense(name, [], {'shape': [2], 'dtype': 'int32'}, 'no such distribution')
nonsense('normal', [], {'shape': [2], 'scale': -1}, 'refused by NumPy too')

write(__file__)
