# The operators of Variable, and the ops that prove each shape of op. See oracle.py.
import numpy
import chainer
import chainer.functions as F
from oracle import *


def averaged(xs, a):
    kw = {k: tuples(v) for k, v in a.items()}
    if len(xs) > 1 and xs[1] is not None:
        kw['weights'] = xs[1]
    return F.average(xs[0], **kw)


def dropped(xs, a):
    a = dict(a)
    with chainer.using_config('train', a.pop('train', True)):
        return F.dropout(xs[0], mask=xs[1].array if len(xs) > 1 else None, **a)


def entropy(double):
    def f(xs, a):
        a = dict(a)
        if len(xs) > 2 and xs[2] is not None:
            a['class_weight'] = xs[2].array
        if double:
            a.pop('cache_score', None)
            a['enable_double_backprop'] = True
        return F.softmax_cross_entropy(xs[0], xs[1], **a)
    return f


OPS.update({
    'add': lambda xs, a: xs[0] + xs[1] if len(xs) == 2 else F.add(*xs),
    'sub': lambda xs, a: xs[0] - xs[1],
    'mul': lambda xs, a: xs[0] * xs[1],
    'div': lambda xs, a: xs[0] / xs[1],
    'floordiv': lambda xs, a: xs[0] // xs[1],
    'pow': lambda xs, a: xs[0] ** xs[1],
    'neg': lambda xs, a: -xs[0],
    'absolute': lambda xs, a: abs(xs[0]),
    'get_item': lambda xs, a: F.get_item(xs[0], index(a['slices'])),
    'average': averaged,
    'mean': averaged,
    'dropout': dropped,
    'concat': lambda xs, a: F.concat(xs, **a),
    'cast': lambda xs, a: F.cast(xs[0], numpy.dtype(a['typ'])),
    'softmax_cross_entropy': entropy(False),
    'split_axis': lambda xs, a: F.split_axis(xs[0], **a),
})
for name in ('matmul sum max min argmax argmin exp log sqrt square sin cos tanh sigmoid relu softmax log_softmax '
             'mean_squared_error reshape transpose broadcast_to sum_to expand_dims squeeze clip where maximum minimum '
             'logsumexp linear identity floor sign').split():
    OPS[name] = fn(getattr(F, name))

# ---------------------------------------------------------------- operators
PAIRS = [((), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((2, 2), ()), ((), (2,)),
         ((1,), (2, 2)), ((2, 1, 2), (3, 1)), ((1, 1), (1,)), ((0,), (1,)), ((1, 2), (0, 1, 2))]
for op in ('add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'floordiv'):
    for i, (a, b) in enumerate(PAIRS):
        if op == 'floordiv' and i not in (0, 1, 2, 4, 10):
            continue
        dtype = F64 if i in (2, 4, 6) else F32
        if op == 'pow':
            case(op, [rand(a, dtype, 0.3, 2.5), rand(b, dtype)])
        elif op in ('div', 'floordiv'):
            sign = rng.choice([-1, 1], b)
            case(op, [rand(a, dtype, -5, 5), numpy.asarray(rand(b, dtype, 0.4, 2.5) * sign, dtype)])
        elif op in ('maximum', 'minimum'):
            both = apart((int(numpy.prod(a)) + int(numpy.prod(b)),), dtype)
            n = int(numpy.prod(a))
            case(op, [both[:n].reshape(a), both[n:].reshape(b)])
        else:
            case(op, [rand(a, dtype), rand(b, dtype)])
for op in ('maximum', 'minimum'):  # ties, NaN
    case(op, [f32([1, 2, 3, 0]), f32([1, 3, 2, -0.0])])
    case(op, [f64([[1, 2], [3, 3]]), f64([[1], [3]])])
    case(op, [f32([nan, 1, inf, -inf]), f32([1, nan, 2, -inf])])
case('add', [rand((3,)), rand((3,)), rand((3,))])
case('add', [rand((2, 2)), rand((2,)), rand(())])
case('add', [rand((2,), F64), rand((2, 1), F64), rand((1, 2), F64)])
case('add', [rand((), F64), rand((2,), F64), rand((2, 2), F64), rand((2,), F64)])
case('add', [rand((2,))])
case('add', [rand((0,)), rand((0,)), rand((1,))])

for dtype in (F32, F64):
    x = lambda lo=-2.0, hi=2.0, shape=(3,): rand(shape, dtype, lo, hi)
    case('add', [x(), 2]), case('add', [2, x()]), case('add', [x(), 0.1])
    case('add', [-1.5, x(shape=())])
    case('sub', [x(), 2]), case('sub', [2, x()]), case('sub', [0.1, x(shape=(2, 1))])
    case('mul', [2, x()]), case('mul', [x(), 2]), case('mul', [x(shape=()), 0.1]), case('mul', [-3, x(shape=(1, 2))])
    case('mul', [x(), 0])
    case('div', [x(), 3]), case('div', [3, x(0.5, 2)]), case('div', [x(shape=()), -0.7]), case('div', [1, x(-2, -0.5, (2, 1))])
    case('pow', [x(), 3]), case('pow', [x(), 2]), case('pow', [2, x()]), case('pow', [x(0.4, 2), 0.5])
    case('pow', [x(0.4, 2), -1]), case('pow', [x(0.4, 2, ()), -2.5]), case('pow', [0.5, x(shape=(2, 2))])
    case('pow', [x(), 1])
    case('floordiv', [x(-6, 6), 2]), case('floordiv', [7, x(0.4, 2)]), case('floordiv', [x(-6, 6, ()), -0.5])
case('pow', [f32([0, 0, -2]), 2])
case('pow', [f32([0, -1, 2]), 3])
case('pow', [f32([-2, -2, 3]), f32([3, 2, 2])], second=False)  # log of a negative: NaN for the exponent's gradient
case('pow', [f32([-2, 4]), 0.5], second=False)
case('div', [f32([1, -1, 0]), f32([0, 0, 0])], second=False)
case('div', [1, f32([0.0, -0.0, inf])], second=False)
case('mul', [f32([inf, nan, 1e30]), f32([0, 1, 1e30])], second=False)
case('floordiv', [f32([7, -7, 7, -7]), f32([2, 2, -2, -2])])
case('add', [ints([1, 2, 3]), ints([4, 5, 6])]), case('add', [ints([[1], [2]], numpy.int64), ints([10, 20], numpy.int64)])
case('add', [ints([1, 2]), 5]), case('add', [ints([1]), ints([2]), ints([3])])
case('add', [ints([200, 1], numpy.uint8), ints([100, 2], numpy.uint8)])
case('sub', [ints([5, 7]), ints([7, 5])]), case('sub', [ints([5, 7]), 2]), case('sub', [10, ints([5, 7], numpy.int64)])
case('mul', [ints([5, -7]), 3]), case('mul', [3, ints(5, numpy.int64)])
case('neg', [ints([1, -2])]), case('neg', [ints([[3]], numpy.int64)])

# ---------------------------------------------------------------- elementwise
UNARY = [((), F32), ((3,), F32), ((2, 3), F64), ((1, 2, 2), F32), ((1,), F64), ((0,), F32), ((2, 0), F64)]
RANGE = {'log': (0.2, 3), 'sqrt': (0.2, 3), 'exp': (-3, 3), 'tanh': (-3, 3), 'sigmoid': (-4, 4)}
for op in 'neg absolute exp log sqrt square sin cos tanh sigmoid relu floor sign identity'.split():
    for shape, dtype in UNARY:
        lo, hi = RANGE.get(op, (-2.5, 2.5))
        case(op, [apart(shape, dtype, lo, hi)])
case('identity', [rand((2,)), rand((1, 2))])
case('identity', [rand((2,)), rand((), F64), rand((3,))], skip_gy=(1,))
case('identity', [ints([1, 2])])
case('absolute', [f32([0.0, -0.0, -inf, inf, nan])], second=False)
case('exp', [f32([100, -200, inf, -inf, nan])], second=False)
case('exp', [f64([710, -800, 700])], second=False)
case('log', [f32([0, -1, inf, nan, 1e-40])], second=False)
case('sqrt', [f32([0, -1, inf, nan, 4])], second=False)
case('square', [f32([1e30, -inf, nan, 0])], second=False)
case('sin', [f64([0, 1e6, inf, nan])], second=False)
case('cos', [f64([0, 1e6, -inf, nan])], second=False)
case('tanh', [f32([20, -20, inf, -inf, nan, 0])], second=False)
case('sigmoid', [f32([20, -10, 100, -100, inf, -inf, nan, 0])], second=False)
case('sigmoid', [f64([700, -30, -800, 0])], second=False)
case('relu', [f32([0.0, -0.0, 1, -1, inf, -inf, nan])])
case('floor', [f32([-0.5, 0.5, -1, 1, inf, -inf, nan])])
case('floor', [ints([3, -4])])
case('sign', [f32([0.0, -0.0, inf, -inf, nan])])
case('sign', [ints([3, -4, 0])])

# ---------------------------------------------------------------- clip
for shape, dtype in UNARY[:5]:
    case('clip', [apart(shape, dtype)], {'x_min': -0.8, 'x_max': 1.1})
case('clip', [f32([-1, 0, 1, 2, -2])], {'x_min': -1, 'x_max': 1})
case('clip', [f32([-1, 0, 1])], {'x_min': 0, 'x_max': None})
case('clip', [f64([-1, 0, 1])], {'x_min': None, 'x_max': 0.5})
case('clip', [f32([nan, inf, -inf])], {'x_min': -1.5, 'x_max': 1.5})
refuse('clip', [rand((3,))], {'x_min': 1, 'x_max': 1})
refuse('clip', [rand((3,))], {'x_min': 2, 'x_max': 1})
refuse('clip', [rand((3,))], {'x_min': None, 'x_max': None})
refuse('clip', [ints([1, 2])], {'x_min': 0, 'x_max': 1})

for least, greatest in [(nan, 1), (-1, nan), (nan, None), (-inf, inf)]:
    case('clip', [f32([-2, 0.5, 3])], {'x_min': least, 'x_max': greatest}, second=False)
# ---------------------------------------------------------------- reductions
REDUCE = [((), {}), ((3,), {}), ((3,), {'axis': 0}), ((2, 3), {}), ((2, 3), {'axis': 1}), ((2, 3), {'axis': -2}),
          ((2, 3), {'axis': [0, 1]}), ((2, 1, 2), {'axis': [0, -1]}), ((2, 1, 2), {'axis': [2, 0]}),
          ((2, 3), {'axis': 0, 'keepdims': True}), ((2, 3), {'keepdims': True}), ((2, 1, 2), {'axis': [-1, 0], 'keepdims': True}),
          ((2, 1), {'axis': 1}), ((2, 3), {'axis': None, 'keepdims': False}), ((2, 3), {'axis': []}), ((1, 3), {'axis': [1]})]
for op in ('sum', 'mean', 'max', 'min', 'logsumexp'):
    for i, (shape, args) in enumerate(REDUCE):
        if op == 'logsumexp' and 'keepdims' in args:
            continue
        case(op, [apart(shape, F64 if i in (3, 7) else F32)], args)
for axis in (None, 0, 1, -1):
    case('sum', [rand((2, 0))], {'axis': axis})
case('sum', [rand((0,))], {})
case('mean', [rand((2, 0, 3))], {'axis': 0})
case('mean', [rand((0, 2))], {'axis': 1})
case('max', [rand((0, 2))], {'axis': 1})
case('min', [rand((2, 0, 2))], {'axis': [0, 2], 'keepdims': True})
case('logsumexp', [rand((0, 2))], {'axis': -1})
case('average', [rand((2, 3))]), case('average', [rand((2, 3), F64)], {'axis': [0], 'keepdims': True})
for op in ('average', 'mean'):
    case(op, [rand((3,)), rand((3,), F32, 0.2, 2)])
    case(op, [rand((2, 3), F64), rand((2, 3), F64, 0.2, 2)])
    case(op, [rand((2, 3)), rand((3,), F32, 0.2, 2)], {'axis': 1})
    case(op, [rand((2, 3)), rand((2,), F32, 0.2, 2)], {'axis': -2, 'keepdims': True})
    case(op, [rand((2, 2, 2), F64), rand((2,), F64, 0.2, 2)], {'axis': [1]})
    case(op, [rand((2, 3)), None], {'axis': 1})
for op in ('max', 'min'):  # ties: every one of them gets the gradient
    case(op, [f32([1, 3, 3, 1])])
    case(op, [f32([[1, 1], [2, 2]])], {'axis': 1})
    case(op, [f64([[1, 2], [1, 2]])], {'axis': [0]})
    case(op, [f32([0.0, -0.0, 0.0])], second=False)
    case(op, [f32([1, nan, 2])], second=False)
    case(op, [f32([inf, -inf, 2])])
for op in ('argmax', 'argmin'):
    case(op, [apart(())]), case(op, [apart((4,))]), case(op, [apart((2, 3), F64)]), case(op, [apart((2, 3))], {'axis': 0})
    case(op, [apart((2, 3))], {'axis': -1}), case(op, [apart((2, 1, 2))], {'axis': 1}), case(op, [f32([1, 3, 3, 1])])
    case(op, [f32([[2, 2], [1, 1]])], {'axis': 1}), case(op, [f32([1, nan, 2])]), case(op, [apart((1,), F64)], {'axis': 0})
    case(op, [rand((0, 2))], {'axis': 1})
    refuse(op, [rand((2, 3))], {'axis': 2}), refuse(op, [rand((2, 3))], {'axis': -3}), refuse(op, [ints([1, 2])])
    refuse(op, [rand((0,))]), refuse(op, [rand(())], {'axis': 0})
case('logsumexp', [f32([1000, 1000])]), case('logsumexp', [f32([[-1000, -1001], [3, -inf]])], {'axis': 1}, second=False)
for op in ('sum', 'mean', 'max', 'min', 'logsumexp'):
    refuse(op, [rand((2, 3))], {'axis': 2}), refuse(op, [rand((2, 3))], {'axis': -3}), refuse(op, [rand((2, 3))], {'axis': [0, 2]})
    refuse(op, [rand((2, 3))], {'axis': [0, 0]}), refuse(op, [rand((2, 3))], {'axis': [1, -1]}), refuse(op, [rand(())], {'axis': 0})
    refuse(op, [ints([1, 2])])
for op in ('max', 'min', 'logsumexp'):
    refuse(op, [rand((0,))]), refuse(op, [rand((2, 0))], {'axis': 1})
refuse('average', [rand((2, 3)), rand((2,))], {'axis': 1}), refuse('average', [rand((2, 3)), rand((2, 3))], {'axis': 1})
refuse('average', [rand((2, 3)), rand((2, 3))], {'axis': [0, 1]}), refuse('average', [rand((2, 3)), rand((3,), F64)], {'axis': 1})

# ---------------------------------------------------------------- softmax, losses
for op in ('softmax', 'log_softmax'):
    for shape, args, dtype in [((2, 3), {}, F32), ((2, 3), {'axis': 1}, F64), ((2, 3), {'axis': 0}, F32), ((3,), {'axis': 0}, F32),
                               ((3,), {'axis': -1}, F64), ((2, 2, 2), {}, F32), ((2, 1, 2), {'axis': -1}, F32), ((2, 2, 2), {'axis': -3}, F64),
                               ((2, 1), {}, F32), ((0, 3), {}, F32), ((1, 1), {'axis': 0}, F64)]:
        case(op, [rand(shape, dtype)], args)
    case(op, [f32([[1000, 1001, -1000], [-1000, -1000, -1000]])])
    case(op, [f32([[inf, 1], [-inf, 1]])], second=False)
    refuse(op, [rand((3,))]), refuse(op, [rand((2, 3))], {'axis': 2}), refuse(op, [rand((2, 3))], {'axis': -3})
    refuse(op, [rand(())], {'axis': 0}), refuse(op, [ints([[1, 2]])]), refuse(op, [rand((2, 0))])

sce = 'softmax_cross_entropy'
for i, args in enumerate([{}, {'reduce': 'no'}, {'normalize': False}, {'ignore_label': 2}, {'cache_score': False},
                          {'enable_double_backprop': True}, {'ignore_label': 0, 'reduce': 'no', 'enable_double_backprop': True}]):
    for x, t in [(rand((2, 3), F64 if i in (1, 3) else F32), ints([2, 0])), (rand((3, 3)), ints([-1, 1, 2]))]:
        if args.get('ignore_label', -1) != -1:
            t = numpy.abs(t)
        case(sce, [x, t], args, twice=entropy(True))
case(sce, [rand((2, 3)), ints([1, 2], numpy.int64)], twice=entropy(True))
case(sce, [rand((2, 3)), ints([1, 2], numpy.int8)], twice=entropy(True))
case(sce, [rand((1, 1)), ints([0])], twice=entropy(True))
case(sce, [rand((2, 3)), ints([-1, -1])], twice=entropy(True))
case(sce, [rand((3, 3)), ints([2, 0, -1]), f32([0.5, 1, 2])], twice=entropy(True))
case(sce, [rand((2, 3), F64), ints([2, 0]), f64([0.5, 1, 2])], {'reduce': 'no'}, twice=entropy(True))
case(sce, [rand((2, 3)), ints([2, 0]), None], {'normalize': False}, twice=entropy(True))
case(sce, [rand((2, 3, 2)), ints([[2, 0], [1, -1]])], twice=entropy(True))
case(sce, [rand((2, 3, 2)), ints([[2, 0], [1, -1]])], {'normalize': False}, twice=entropy(True))
case(sce, [rand((2, 3, 2), F64), ints([[2, 0], [1, -1]])], {'reduce': 'no'}, twice=entropy(True))
case(sce, [rand((2, 2, 1, 2)), ints([[[1, 0]], [[0, 1]]]), f32([0.3, 1.5])], twice=entropy(True))
soft = f32([[0.2, 0.3, 0.5], [1, 0, 0]])
for args in [{}, {'reduce': 'no'}, {'soft_target_loss': 'kl-divergence'}, {'soft_target_loss': 'kl-divergence', 'reduce': 'no'}]:
    case(sce, [rand((2, 3)), soft], args, second=False)
    case(sce, [rand((2, 3), F64), soft.astype(F64)], args, second=False)
refuse(sce, [rand((2, 3)), ints([0, 1, 2])]), refuse(sce, [rand((2, 3)), ints([[0, 1, 2]])]), refuse(sce, [rand((3,)), ints(0)])
refuse(sce, [rand((2, 3, 2)), ints([[0, 1, 2], [0, 1, 2]])]), refuse(sce, [rand((2, 3)), rand((2, 2))]), refuse(sce, [rand((2, 3)), rand((2,))])
refuse(sce, [ints([[1, 2]]), ints([0])]), refuse(sce, [rand((2, 3)), ints([0, 1])], {'reduce': 'sum'})
refuse(sce, [rand((2, 3)), ints([0, 3])]), refuse(sce, [rand((2, 3)), ints([0, 1]), f32([1, 2])])
refuse(sce, [rand((2, 3)), ints([0, 1]), f32([[1, 2, 3]])]), refuse(sce, [rand((2, 3)), soft], {'soft_target_loss': 'mse'})
refuse(sce, [rand((2, 3)), ints([0, 1]), ints([1, 2, 3])])

mse = 'mean_squared_error'
for shape, dtype in [((), F32), ((3,), F32), ((2, 2), F64), ((1, 1), F32), ((2, 1, 2), F64)]:
    case(mse, [rand(shape, dtype), rand(shape, dtype)])
refuse(mse, [rand((3,)), rand((1,))]), refuse(mse, [rand((3,)), rand((3,), F64)]), refuse(mse, [ints([1]), ints([2])])

# ---------------------------------------------------------------- matmul, linear
for a, b, args, dtype in [
        ((3,), (3,), {}, F32), ((2, 3), (3,), {}, F32), ((3,), (3, 2), {}, F32), ((2, 3), (3, 2), {}, F64), ((1, 1), (1, 1), {}, F32),
        ((2, 2, 3), (3, 2), {}, F32), ((2, 3), (2, 3, 1), {}, F32), ((2, 1, 2), (2, 2, 1), {}, F64), ((2, 1, 1, 2), (2, 2, 1), {}, F32),
        ((2, 2, 2), (2,), {}, F32), ((2,), (2, 2, 1), {}, F32), ((0, 2), (2, 3), {}, F32), ((2, 0), (0, 2), {}, F32),
        ((3, 2), (3, 2), {'transa': True}, F32), ((2, 3), (2, 3), {'transb': True}, F64), ((3, 2), (1, 3), {'transa': True, 'transb': True}, F32),
        ((2, 3, 1), (2, 3, 2), {'transa': True}, F32), ((3, 2), (3,), {'transa': True}, F32), ((3,), (2, 3), {'transb': True}, F32),
        ((3,), (3,), {'transa': True, 'transb': True}, F32)]:
    case('matmul', [rand(a, dtype), rand(b, dtype)], args)
for a, b, args in [((2, 3), (2, 3), {}), ((3,), (2,), {}), ((), (2,), {}), ((2,), (), {}), ((2, 3), (3, 2), {'transa': True}),
                   ((2, 2, 3), (3, 3, 2), {}), ((2, 3), (2,), {}), ((3,), (2, 3), {})]:
    refuse('matmul', [rand(a), rand(b)], args)
refuse('matmul', [ints([[1]]), ints([[1]])])
for x, w, b, args, dtype in [((2, 3), (2, 3), (2,), {}, F32), ((2, 3), (2, 3), None, {}, F32), ((1, 2), (1, 2), (1,), {}, F64),
                             ((2, 1, 3), (2, 3), (2,), {}, F32), ((2, 2, 2), (3, 2), (3,), {'n_batch_axes': 2}, F32),
                             ((2, 2, 2), (1, 2), None, {'n_batch_axes': 2}, F64), ((2, 1, 1, 2), (2, 2), (2,), {'n_batch_axes': 3}, F32),
                             ((0, 3), (2, 3), (2,), {}, F32)]:
    case('linear', [rand(x, dtype), rand(w, dtype)] + ([] if b is None else [rand(b, dtype)]), args)
case('linear', [rand((2, 3)), rand((2, 3)), None])
for x, w, b, args in [((2, 3), (3, 2), (3,), {}), ((2, 3), (2, 3), (3,), {}), ((3,), (2, 3), (2,), {}), ((2, 3), (6,), None, {}),
                      ((2, 3), (2, 3), (2, 1), {}), ((2, 3), (2, 3), (2,), {'n_batch_axes': 0}), ((2, 2, 2), (1, 3), None, {'n_batch_axes': 2}),
                      ((), (1, 1), None, {})]:
    refuse('linear', [rand(x), rand(w)] + ([] if b is None else [rand(b)]), args)
refuse('linear', [rand((2, 3)), rand((2, 3)), rand((2,), F64)])

# ---------------------------------------------------------------- shapes
for i, (a, b) in enumerate([((), (1,)), ((1,), ()), ((6,), (2, 3)), ((2, 3), (3, 2)), ((2, 3), (-1,)), ((2, 3), (3, -1)), ((2, 3), (1, 2, 1, 3)),
                            ((2, 3), (2, 3)), ((0, 3), (3, 0)), ((0, 3), (0,)), ((0, 3), (-1, 3)), ((1, 1, 1), ()), ((2, 2), (4, 1))]):
    case('reshape', [rand(a, F64 if i % 4 == 2 else F32)], {'shape': list(b)})
case('reshape', [ints([1, 2, 3, 4])], {'shape': [2, 2]}), case('reshape', [bools([True, False])], {'shape': [2, 1]})
for a, b in [((2, 3), (4,)), ((2, 3), (4, -1)), ((2, 3), (-1, -1)), ((), (2,)), ((2, 0), (0, -1)), ((2, 3), ())]:
    refuse('reshape', [rand(a)], {'shape': list(b)})
nonsense('reshape', [rand((2, 3))], {'shape': [-2, 3]}, 'takes -2 for -1')
for shape, args, dtype in [((), {}, F32), ((3,), {}, F32), ((2, 3), {}, F32), ((2, 1, 3), {}, F64), ((2, 1, 3), {'axes': [1, 2, 0]}, F32),
                           ((2, 1, 3), {'axes': [-1, 0, -2]}, F64), ((2, 3), {'axes': [0, 1]}, F32), ((2, 3), {'axes': None}, F32),
                           ((2, 3), {'axes': [1, 0]}, F32), ((0, 2), {}, F32), ((2, 1, 2, 2), {'axes': [3, 1, 0, 2]}, F32)]:
    case('transpose', [rand(shape, dtype)], args)
case('transpose', [ints([[1, 2], [3, 4]])])
for shape, axes in [((2, 3), [0]), ((2, 3), [0, 0]), ((2, 3), [0, 2]), ((2, 3), [0, 1, 2]), ((2, 3), [1, -1]), ((3,), [-2])]:
    refuse('transpose', [rand(shape)], {'axes': axes})
for a, b, dtype in [((), (2, 2), F32), ((1,), (3,), F32), ((3,), (2, 3), F64), ((2, 1), (2, 3), F32), ((1, 2), (2, 1, 2), F32), ((2, 3), (2, 3), F32),
                    ((1,), (0,), F32), ((), (), F64), ((1, 1), (2, 1, 2), F64), ((1, 2), (0, 2), F32)]:
    case('broadcast_to', [rand(a, dtype)], {'shape': list(b)})
case('broadcast_to', [ints([1, 2])], {'shape': [2, 2]})
for a, b in [((2, 3), (3,)), ((2,), (3,)), ((2, 3), (3, 2)), ((3,), (1,)), ((2,), ()), ((2,), (2, 3)), ((0,), (1,))]:
    refuse('broadcast_to', [rand(a)], {'shape': list(b)})
for a, b, dtype in [((2, 3), (3,), F32), ((2, 3), (1, 3), F32), ((2, 3), (2, 1), F64), ((2, 3), (), F32), ((2, 3), (1, 1), F32), ((2, 1, 3), (1, 1), F64),
                    ((3,), (1,), F32), ((2, 3), (2, 3), F32), ((2, 2, 2), (2, 1), F32), ((0, 2), (2,), F32), ((0, 2), (1, 1), F32), ((1, 1), (), F32)]:
    case('sum_to', [rand(a, dtype)], {'shape': list(b)})
for a, b in [((2, 3), (3, 3)), ((2, 3), (2,)), ((3,), (2, 3)), ((3,), (2,)), ((2, 1), (2, 2))]:
    nonsense('sum_to', [rand(a)], {'shape': list(b)}, 'gives an array of another shape')
for shapes, args, dtype in [([(2, 1), (2, 2)], {}, F32), ([(2,), (1,)], {'axis': 0}, F32), ([(1, 2), (2, 2)], {'axis': 0}, F64), ([(2, 2)], {}, F32),
                            ([(1, 2, 1), (1, 1, 1), (1, 2, 1)], {}, F32), ([(2, 1), (2, 1), (2, 1)], {'axis': -1}, F32), ([(1, 2), (1, 2)], {'axis': -2}, F64),
                            ([(2, 0), (2, 1)], {}, F32), ([(0,), (0,)], {'axis': 0}, F32), ([(1, 1, 2), (1, 1, 1)], {'axis': 2}, F32)]:
    case('concat', [rand(s, dtype) for s in shapes], args)
case('concat', [ints([1, 2]), ints([3])], {'axis': 0}), case('concat', [bools([True]), bools([False])], {'axis': 0})
for xs, args in [([rand((2, 1)), rand((3, 1))], {}), ([rand((2,)), rand((2,))], {}), ([rand((2, 1)), rand((2,))], {}), ([rand((2, 1)), rand((2, 1), F64)], {}),
                 ([rand((2, 1)), rand((2, 1))], {'axis': 2}), ([rand((2, 1)), rand((2, 1))], {'axis': -3}), ([rand(()), rand(())], {'axis': 0}), ([], {})]:
    refuse('concat', xs, args)
for shape, args, dtype, skip in [
        ((4,), {'indices_or_sections': 2, 'axis': 0}, F32, ()), ((2, 3), {'indices_or_sections': 3, 'axis': 1}, F32, ()), ((2, 3), {'indices_or_sections': [1], 'axis': 1}, F64, ()),
        ((5,), {'indices_or_sections': [1, 3], 'axis': 0}, F32, ()), ((2, 3), {'indices_or_sections': [2], 'axis': -1}, F32, ()), ((2, 2), {'indices_or_sections': 1, 'axis': 0}, F32, ()),
        ((2, 2), {'indices_or_sections': 1, 'axis': 0, 'force_tuple': False}, F32, ()), ((3,), {'indices_or_sections': [1, 1], 'axis': 0}, F32, ()),
        ((3,), {'indices_or_sections': [0, 3], 'axis': 0}, F64, ()), ((2, 1, 2), {'indices_or_sections': 2, 'axis': 2}, F32, ()), ((3,), {'indices_or_sections': [], 'axis': 0}, F32, ()),
        ((4,), {'indices_or_sections': 2, 'axis': 0}, F32, (0,)), ((2, 3), {'indices_or_sections': [1, 2], 'axis': 1}, F32, (1,))]:
    case('split_axis', [rand(shape, dtype)], args, skip_gy=skip)
case('split_axis', [ints([1, 2, 3, 4])], {'indices_or_sections': 2, 'axis': 0})
for shape, args in [((3,), {'indices_or_sections': 2, 'axis': 0}), ((3,), {'indices_or_sections': 1, 'axis': 1}), ((3,), {'indices_or_sections': [4], 'axis': 0}),
                    ((2, 2), {'indices_or_sections': 2, 'axis': -3}), ((), {'indices_or_sections': 1, 'axis': 0})]:
    refuse('split_axis', [rand(shape)], args)
nonsense('split_axis', [rand((3,))], {'indices_or_sections': 0, 'axis': 0}, 'divides by zero')
for shape, axis in [((), 0), ((), -1), ((3,), 0), ((3,), 1), ((3,), -1), ((3,), -2), ((2, 3), 1), ((2, 3), -3), ((0,), 0)]:
    case('expand_dims', [rand(shape, F64 if axis == -2 else F32)], {'axis': axis})
case('expand_dims', [ints([1, 2])], {'axis': 1})
for shape, axis in [((), 1), ((3,), 2), ((3,), -3), ((), -2)]:
    refuse('expand_dims', [rand(shape)], {'axis': axis})
for shape, args in [((), {}), ((1,), {}), ((3,), {}), ((1, 3, 1), {}), ((1, 3, 1), {'axis': 0}), ((1, 3, 1), {'axis': -1}), ((1, 3, 1), {'axis': [0, 2]}),
                    ((1, 3, 1), {'axis': [-1]}), ((1, 1), {'axis': [1, 0]}), ((1, 1), {'axis': None}), ((1, 0), {'axis': 0}), ((2, 3), {'axis': []})]:
    case('squeeze', [rand(shape, F64 if args.get('axis') == -1 else F32)], args)
case('squeeze', [ints([[1, 2]])], {'axis': 0})
for shape, axis in [((1, 3), 1), ((1, 3), 2), ((1, 3), -3), ((1, 3), [0, 1]), ((), 0), ((1, 1), [0, 0])]:
    refuse('squeeze', [rand(shape)], {'axis': axis})

# ---------------------------------------------------------------- get_item
x1, x2, x3 = apart((5,)), apart((3, 4), F32), apart((2, 3, 2), F32)
for text in ['0', '-1', '1:3', '::-1', ':', '...', 'None', '1:4:2', '-1:0:-1', '-2:', '5:2', '0:10', '3::-2', '..., None', 'None, 1:2', '10:']:
    case('get_item', [x1], {'slices': text})
for text in ['1', ':, 1', '-1, -1', '1:3, ..., ::-1, None', '..., 0', '1, None, ::2', '::2, ::-2', 'None, ..., None', '2:0:-1, 1:', '0, 1:1', '1:2', '::-1, ::-1']:
    case('get_item', [x2.astype(F64) if text in ('1', '::2, ::-2') else x2], {'slices': text})
for text in ['0, ..., 1', ':, 1:, 0', '..., ::-1', '1, 2, 0', 'None, 0, None, ..., 1:']:
    case('get_item', [x3], {'slices': text})
case('get_item', [apart(())], {'slices': '...'}), case('get_item', [apart(())], {'slices': 'None'}), case('get_item', [apart(())], {'slices': []})
for x, items in [(x1, [0]), (x1, [-5]), (x1, ['1:']), (x1, ['::-2']), (x1, [None, 1]), (x1, ['...']), (x1, [None, '...', '1:3']), (x1, [[0, 2]]), (x1, [[0, 0, 1]]),
                 (x1, [[-1, 0, -1]]), (x1, [[True, False, True, False, False]]), (x1, [[3]]), (x1, [[False, False, False, False, False]]),
                 (x2, [0, 1]), (x2, ['...', 0]), (x2, [1, '::-1']), (x2, [[0, 2]]), (x2, [[0, 1], [1, 2]]), (x2, [[0, 0], [1, 1]]), (x2, ['::2', [0, 2]]),
                 (x2, [[True, False, True]]), (x2, ['...', [3, -4]]), (x2, [1, [0, 3, 3]]), (x2, [[2, 0], '1:3']), (x2, [':', [True, False, False, True]]),
                 (x2, [[2], [0, 1]]), (x2, [None, [0, 1]]), (x2, [[1, 2], None, '::2']), (x2, [[True, False, True], [1, 2]]),
                 (x3, [[0, 1], '...', [1, 0]]), (x3, [0, '...', [0, 1]]), (x3, ['...', [0, 1], 0]), (x3, [[1, 0], [2, 2]]), (x3, [':', [0, 2], [1, 0]]), (x3, [0, ':', [0, 1]]),
                 (x3, [[0, 1], None, [1, 2]]), (x3, [0, [0, 1], ':']), (x3, [':', 1])]:
    case('get_item', [x.astype(F64) if items in ([[0, 0, 1]], ['::2', [0, 2]]) else x], {'slices': items})
case('get_item', [ints([1, 2, 3])], {'slices': '::-1'}), case('get_item', [ints([[1, 2, 3]])], {'slices': ['...', [0, 2]]}), case('get_item', [bools([True, False])], {'slices': '0'})
case('get_item', [rand((0, 2))], {'slices': ':, 0'})
for x, s in [(x1, '5'), (x1, '-6'), (x1, '0, 0'), (x1, [[0, 5]]), (x1, [[True, False]]), (x2, [0, 0, 0]), (x2, [[0, 1], [0, 1, 2]]), (x2, '..., 4'), (x1, '::0'),
             (apart(()), '0'), (x2, '..., ...'), (x1, [[-6]]), (x3, '0, 0, 0, 0'), (x2, ['...', 0, '...'])]:
    refuse('get_item', [x], {'slices': s})

# ---------------------------------------------------------------- where, cast, dropout
for c, a, b, dtype in [((), (), (), F32), ((3,), (3,), (3,), F32), ((2, 2), (2, 2), (2, 2), F64), ((2, 1), (2,), (), F32), ((2,), (2, 2), (2, 1), F32), ((), (2,), (2,), F32),
                       ((2, 2), (), (), F64), ((0,), (0,), (1,), F32)]:
    cond = numpy.asarray(rng.uniform(size=c) < 0.5)
    case('where', [cond, rand(a, dtype), rand(b, dtype)])
case('where', [bools([True, False]), ints([1, 2]), ints([3, 4])]), case('where', [bools([True, False]), f32([1, nan]), f32([nan, 2])])
refuse('where', [ints([1, 0]), rand((2,)), rand((2,))]), refuse('where', [f32([1, 0]), rand((2,)), rand((2,))]), refuse('where', [bools([True, False]), rand((3,)), rand((3,))])
refuse('where', [bools([True, False]), rand((2,)), rand((2,), F64)]), refuse('where', [bools([True]), rand((2,)), rand((3,))])
for x, typ in [(rand((3,)), 'float64'), (rand((2, 2), F64), 'float32'), (rand(()), 'float16'), (rand((2,)), 'float32'), (f32([1.7, -1.7, 0, 2.5, -0.5]), 'int32'),
               (f64([1.7, -1.7, 1e9]), 'int64'), (f32([0, 1, -0.0, 0.5, nan]), 'bool'), (f32([3.9, 100]), 'uint8'), (f32([-3.9, 100]), 'int8'), (ints([1, -2]), 'float32'),
               (ints([1, -2], numpy.int64), 'float64'), (bools([True, False]), 'float32'), (bools([True, False]), 'int32'), (ints([0, 2, -1]), 'bool'), (ints([1, 2]), 'int64'),
               (ints([1, 2]), 'int32'), (f64([1e39, 1e-46, 0.1]), 'float32'), (f32([65504, 70000, 1e-8]), 'float16'), (f32([nan, 1e10, -1e10, inf]), 'int32'), (rand((0,)), 'float64'),
               (ints([300, -129, 5], numpy.int32), 'int8'), (numpy.array([1.5, -2.25], numpy.float16), 'float32')]:
    case('cast', [x], {'typ': typ})
for i, (shape, dtype) in enumerate([((4,), F32), ((2, 3), F64), ((1,), F32), ((1, 2, 2), F32)]):  # Chainer's own dropout fails on 0-d arrays
    mask = numpy.asarray((rng.uniform(size=shape) < 0.5) * 2.0, dtype)
    case('dropout', [rand(shape, dtype), mask], {} if i == 0 else {'ratio': 0.5})
case('dropout', [rand((3,)), f32([1.25, 0, 1.25])], {'ratio': 0.2})
case('dropout', [rand((3,))], {'train': False}), case('dropout', [rand((2, 2), F64)], {'ratio': 0.3, 'train': False}), case('dropout', [rand((2,))], {'ratio': 0.0})
case('dropout', [rand((3,)), f32([2, 0, 2])], {'train': False})
refuse('dropout', [rand((3,))], {'ratio': 1.0}), refuse('dropout', [rand((3,))], {'ratio': -0.1}), refuse('dropout', [rand((3,))], {'ratio': 1.5}), refuse('dropout', [ints([1, 2])])

# ---------------------------------------------------------------- refusals of the operators and elementwise ops
for op in ('add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'floordiv'):
    refuse(op, [rand((2,)), rand((3,))]), refuse(op, [rand((2, 3)), rand((2,))])
    if op != 'floordiv':
        refuse(op, [rand((2, 2), F32, 1, 2), rand((2, 2), F64, 1, 2)])
refuse('add', [rand((2,)), rand((2,)), rand((3,))]), refuse('add', [rand((2,)), rand((2,)), rand((2,), F64)]), refuse('add', [])
refuse('sub', [rand((2,)), ints([1, 2])]), refuse('mul', [rand((2,)), ints([1, 2])]), refuse('maximum', [rand((2,)), ints([1, 2])])
for op in 'exp log sqrt square sin cos tanh sigmoid relu'.split():
    refuse(op, [ints([1, 2])])
refuse('exp', [bools([True])])

write(__file__)
