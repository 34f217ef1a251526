# Normalizations: chainer/functions/normalization. See oracle.py.
import numpy
import chainer
import chainer.functions as F
from chainer import Variable
from oracle import *

warnings.simplefilter('ignore')


def running(x):
    """A running statistic, which is updated in place."""
    return None if x is None else x.array


def batch(xs, a):
    a = dict(a)
    train = a.pop('train', True)
    xs = list(xs) + [None] * (5 - len(xs))
    if not train:  # What chainer.links.BatchNormalization does.
        cut = [Variable(running(x).astype(xs[1].dtype)) for x in xs[3:]]
        return F.fixed_batch_normalization(*xs[:3], *cut, a.get('eps', 2e-5), tuples(a.get('axis')))
    return F.batch_normalization(*xs[:3], running_mean=running(xs[3]), running_var=running(xs[4]),
                                 **{k: tuples(v) for k, v in a.items()})


def renormalized(xs, a):
    a = dict(a)
    if not a.pop('train', True):
        return F.fixed_batch_normalization(*xs[:3], xs[3].array, xs[4].array, a.get('eps', 2e-5))
    return F.batch_renormalization(*xs[:3], running_mean=running(xs[3]), running_var=running(xs[4]), **a)


def renormalized_twice(xs, a):
    """The same of differentiable functions, for Chainer's own has no second gradient."""
    x, gamma, beta, mean, var = xs
    axes = (0,) + tuple(range(gamma.ndim + 1, x.ndim))
    spread = lambda v: F.broadcast_to(F.reshape(v, (1,) + gamma.shape + (1,) * (x.ndim - gamma.ndim - 1)), x.shape)
    eps = a.get('eps', 2e-5)
    m = F.mean(x, axes)
    std = F.sqrt(F.mean(F.square(x - spread(m)), axes) + eps)
    old = numpy.sqrt(var.array + eps)
    r = numpy.clip(std.array / old, 1 / a['rmax'], a['rmax']).astype(x.dtype)
    d = numpy.clip((m.array - mean.array) / old, -a['dmax'], a['dmax']).astype(x.dtype)
    return spread(gamma) * ((x - spread(m)) / spread(std) * spread(Variable(r)) + spread(Variable(d))) + spread(beta)


def grouped(x, g):
    order = (1, 0) + tuple(range(2, x.ndim))
    channels = F.reshape(F.transpose(x, order), (g, x.shape[1] // g, -1))
    return channels, lambda y: F.transpose(F.reshape(y, (x.shape[1], x.shape[0]) + x.shape[2:]), order)


def fixed_decorrelated(xs, a):
    # Chainer's own gradients of mean and projection are wrong: those of these functions are right.
    x, mean, projection = xs
    channels, back = grouped(x, a.get('groups', 16))
    y = back(F.matmul(projection, channels - F.broadcast_to(mean[:, :, None], channels.shape)))
    own = F.fixed_decorrelated_batch_normalization(x, mean, projection, **a)
    assert numpy.allclose(y.array, own.array, 1e-5, 1e-6)
    return y


def decorrelated(xs, a):
    a = dict(a)
    xs = list(xs) + [None] * (3 - len(xs))
    if not a.pop('train', True):
        return fixed_decorrelated([xs[0]] + [Variable(running(x)) for x in xs[1:]], {'groups': a['groups']})
    return F.decorrelated_batch_normalization(xs[0], running_mean=running(xs[1]), running_projection=running(xs[2]), **a)


def decorrelated_twice(xs, a):
    """By Newton's iteration for the inverse root, which is differentiable."""
    channels, back = grouped(xs[0], a.get('groups', 16))
    g, c, m = channels.shape
    deviation = channels - F.broadcast_to(F.mean(channels, 2, keepdims=True), channels.shape)
    eye = numpy.broadcast_to(numpy.eye(c), (g, c, c)).copy()
    cov = F.matmul(deviation, deviation, transb=True) / m + a.get('eps', 2e-5) * eye
    scale = float(numpy.abs(cov.array).sum())
    y, z = cov / scale, Variable(eye)
    for _ in range(60):
        t = 1.5 * eye - 0.5 * F.matmul(z, y)
        y, z = F.matmul(y, t), F.matmul(t, z)
    return back(F.matmul(z / numpy.sqrt(scale), deviation))


def responses(xs, a):
    """local_response_normalization of differentiable functions, for Chainer's own has no second gradient."""
    x = xs[0]
    half, c = max(a.get('n', 5) // 2, 0), x.shape[1]
    near = (abs(numpy.arange(c)[:, None] - numpy.arange(c)) <= half).astype(x.dtype)
    flat = F.reshape(F.square(x), (x.shape[0], c, -1))
    sums = F.reshape(F.matmul(Variable(numpy.broadcast_to(near, (x.shape[0], c, c)).copy()), flat), x.shape)
    return x * (a.get('k', 2) + a.get('alpha', 1e-4) * sums) ** -a.get('beta', .75)


def dtypes(i):
    """Both for the first cases of an op, then one in turn."""
    return (F32, F64) if i < 3 else (F32,) if i % 2 else (F64,)


OPS.update({
    'batch_normalization': batch,
    'fixed_batch_normalization': lambda xs, a: F.fixed_batch_normalization(*xs, **{k: tuples(v) for k, v in a.items()}),
    'batch_renormalization': renormalized,
    'fixed_batch_renormalization': lambda xs, a: F.fixed_batch_renormalization(*xs, **a),
    'group_normalization': lambda xs, a: F.group_normalization(xs[0], a['groups'], xs[1], xs[2],
                                                               **{k: v for k, v in a.items() if k != 'groups'}),
    'decorrelated_batch_normalization': decorrelated,
    'fixed_decorrelated_batch_normalization': fixed_decorrelated,
})
for name in 'layer_normalization local_response_normalization normalize'.split():
    OPS[name] = fn(getattr(F, name))

# ---------------------------------------------------------------- batch_normalization
bn, fixed = 'batch_normalization', 'fixed_batch_normalization'
SHAPES = [((3, 2), (2,), {}), ((2, 2, 2), (2,), {}), ((3, 2, 2), (2, 2), {}), ((2, 3, 1, 2), (3,), {'eps': 0.1}), ((4,), (), {}),
          ((3, 4), (3,), {'axis': 1}), ((2, 3, 2), (2,), {'axis': [0, 1]}), ((2, 3), (), {'axis': [0, 1]}),
          ((2, 3), (2, 3), {'axis': []}), ((2, 3, 2), (3, 2), {'axis': 0}), ((2, 2, 3), (2, 2), {'axis': [2]}), ((1, 2), (2,), {})]
for i, (shape, c, args) in enumerate(SHAPES):
    for dtype in dtypes(i):
        # What is no variance leaves nothing but noise to compare.
        single = shape == (1, 2) or args.get('axis') == []
        x, gamma, beta = apart(shape, dtype), rand(c, dtype, 0.5, 2), rand(c, dtype)
        # Chainer's backward fails where gamma has no axis.
        case(bn, [x, gamma, beta], args, second=not single, gy=c != ())
        case(bn, [x, gamma, beta, rand(c, dtype), rand(c, dtype, 0.5, 2)], dict(args, decay=0.7), gy=False, updates=(3, 4))
        case(fixed, [x, gamma, beta, rand(c, dtype), rand(c, dtype, 0.5, 2)], args, gy=c != (), rtol=1e-4 if dtype == F32 else None)
case(bn, [apart((3, 2)), rand((2,)), rand((2,)), None, None])
case(bn, [apart((3, 2)), rand((2,)), rand((2,)), rand((2,)), rand((2,), F32, 0.5, 2)], {'train': False}, second=False)
case(bn, [apart((3, 2)), rand((2,)), rand((2,)), rand((2,), F64), rand((2,), F64, 0.5, 2)], gy=False, updates=(3, 4))
case(bn, [apart((3, 2), F64), rand((2,)), rand((2,)), rand((2,)), rand((2,), F32, 0.5, 2)], gy=False, updates=(3, 4), rtol=1e-6)
case(bn, [apart((3, 2), F32), rand((2,), F64), rand((2,), F64)], gy=False)
case(bn, [rand((3, 0)), rand((0,)), rand((0,))], gy=False)
case(bn, [f32([[1e4, 1], [1e4 + 1, 1], [1e4 + 2, 1]]), f32([1, 1]), f32([0, 0])], gy=False)
case(bn, [f32([[nan, 1], [0, inf], [1, 2]]), f32([1, 1]), f32([0, 0])], gy=False)
for op in (bn, fixed):
    rest = [rand((3,)), rand((3,), F32, 0.5, 2)] if op == fixed else []
    for x, gamma, beta, args in [((2, 3), (2,), (2,), {}), ((2, 3), (3,), (2,), {}), ((2, 3), (3,), (1, 3), {}), ((3,), (3,), (3,), {}),
                                 ((), (), (), {}), ((2, 3), (3,), (3,), {'axis': 1}), ((2, 3), (3,), (3,), {'axis': 2}),
                                 ((2, 3), (3,), (3,), {'axis': -2}), ((2, 3), (), (), {'axis': [1, 0]}),
                                 ((2, 3), (), (), {'axis': [0, 0]}), ((2, 3), (3,), (3,), {'axis': [0, 1]})]:
        refuse(op, [rand(x), rand(gamma), rand(beta)] + ([rand(gamma), rand(gamma)] if op == fixed else []), args)
    refuse(op, [rand((2, 3)), rand((3,)), rand((3,), F64)] + rest), refuse(op, [ints([[1], [2]]), rand((1,)), rand((1,))] + rest[:0])
refuse(bn, [rand((2, 3)), rand((3,)), rand((3,)), rand((3,))])
nonsense(bn, [rand((2, 3)), rand((3,)), rand((3,)), None, rand((3,))], {}, 'does not look at running_var alone')
refuse(bn, [rand((2, 3)), rand((3,)), rand((3,)), rand((2,)), rand((3,))])
nonsense(bn, [rand((2, 3)), rand((3,)), rand((3,)), rand((2, 3)), rand((2, 3))], {}, 'updates every row')
refuse(bn, [rand((2, 3)), rand((3,)), rand((3,)), ints([1, 2, 3]), ints([1, 2, 3])])
refuse(fixed, [rand((2, 3)), rand((3,)), rand((3,)), rand((2,)), rand((3,))]), refuse(fixed, [rand((2, 3)), rand((3,)), rand((3,)), rand((3,))])
refuse(fixed, [rand((2, 3)), rand((3,)), rand((3,)), rand((3,), F64), rand((3,))])
for shape, c in [((3, 2), (2,)), ((2, 2, 2), (2,))]:
    case('fixed_batch_renormalization', [apart(shape), rand(c), rand(c), rand(c), rand(c, F32, 0.5, 2)], rtol=1e-4)
    case('fixed_batch_renormalization', [apart(shape, F64), rand(c, F64), rand(c, F64), rand(c, F64), rand(c, F64, 0.5, 2)], {'eps': 0.1})
refuse('fixed_batch_renormalization', [rand((2, 3)), rand((2,)), rand((2,)), rand((2,)), rand((2,))])

# ---------------------------------------------------------------- batch_renormalization
brn = 'batch_renormalization'
for shape, c in [((3, 2), (2,)), ((2, 2, 2), (2,)), ((2, 2, 2), (2, 2))]:
    for args in [{'rmax': 1, 'dmax': 0}, {'rmax': 1.5, 'dmax': 0.3, 'eps': 0.01}, {'rmax': 10, 'dmax': 10, 'decay': 0.5, 'update_statistics': True}]:
        for dtype in (F32, F64) if len(shape) == 3 else (F64,):
            case(brn, [apart(shape, dtype), rand(c, dtype, 0.5, 2), rand(c, dtype), rand(c, dtype), rand(c, dtype, 0.5, 2)], args,
                 twice=renormalized_twice, updates=(3, 4), rtol=1e-4 if dtype == F32 else None)
case(brn, [apart((3, 2)), rand((2,)), rand((2,)), rand((2,)), rand((2,), F32, 0.5, 2)], {'rmax': 0.5, 'dmax': -1}, gy=False)
case(brn, [apart((3, 2)), rand((2,)), rand((2,)), rand((2,)), rand((2,), F32, 0.5, 2)], {'rmax': 2, 'dmax': 1, 'train': False}, second=False)
good = lambda: [rand((2, 3)), rand((3,)), rand((3,)), rand((3,)), rand((3,), F32, 0.5, 2)]
refuse(brn, good()), refuse(brn, good(), {'rmax': 1}), refuse(brn, good()[:3], {'rmax': 1, 'dmax': 0}), refuse(brn, good()[:4], {'rmax': 1, 'dmax': 0})
refuse(brn, [rand((2, 3)), rand((2,)), rand((2,)), rand((2,)), rand((2,))], {'rmax': 1, 'dmax': 0})
refuse(brn, [rand((3,)), rand((3,)), rand((3,)), rand((3,)), rand((3,))], {'rmax': 1, 'dmax': 0})
refuse(brn, good()[:3] + [rand((2,)), rand((2,))], {'rmax': 1, 'dmax': 0})
nonsense(brn, good(), {'rmax': 0, 'dmax': 0}, 'divides by zero')

# ---------------------------------------------------------------- group_normalization, layer_normalization
for i, (shape, args) in enumerate([((2, 4), {'groups': 2}), ((2, 4), {'groups': 1}), ((2, 4, 2), {'groups': 2, 'eps': 0.1}), ((1, 3, 2, 2), {'groups': 3}),
                                   ((2, 2, 3), {'groups': 1})]):
    for dtype in dtypes(i):
        case('group_normalization', [apart(shape, dtype), rand(shape[1:2], dtype), rand(shape[1:2], dtype)], args)
case('group_normalization', [apart((2, 2, 2), F32), rand((2,), F64), rand((2,), F64)], {'groups': 1}, gy=False)
case('group_normalization', [apart((2, 2, 2), F64), rand((2,)), rand((2,))], {'groups': 1}, gy=False)
for x, c, args in [((2, 4), (4,), {'groups': 3}), ((2, 4), (4,), {'groups': 8}), ((2, 4), (4,), {}), ((4,), (4,), {'groups': 2}),
                   ((2, 4), (2,), {'groups': 2}), ((2, 4), (1, 4), {'groups': 2}), ((2, 4), (4,), {'groups': -2})]:
    refuse('group_normalization', [rand(x), rand(c), rand(c)], args)
nonsense('group_normalization', [rand((2, 4)), rand((4,)), rand((4,))], {'groups': 0}, 'divides by zero')
refuse('group_normalization', [rand((2, 4)), rand((4,)), rand((4,), F64)], {'groups': 2}), refuse('group_normalization', [rand((2, 4)), rand((4,)), rand((3,))], {'groups': 2})
for shape, args in [((2, 3), {}), ((3, 4), {'eps': 0.1}), ((1, 2), {}), ((0, 3), {})]:
    for dtype in (F32, F64):
        case('layer_normalization', [apart(shape, dtype), rand(shape[1:], dtype), rand(shape[1:], dtype)], args)
case('layer_normalization', [f32([[1e4, 1e4 + 1, 1e4 + 2]]), f32([1, 1, 1]), f32([0, 0, 0])], gy=False)
for x, gamma, beta in [((2, 3, 1), (1,), (1,)), ((3,), (3,), (3,)), ((2, 3), (2,), (2,)), ((2, 3), (3,), (2,)), ((2, 3), (1, 3), (1, 3))]:
    refuse('layer_normalization', [rand(x), rand(gamma), rand(beta)])
refuse('layer_normalization', [rand((2, 3)), rand((3,), F64), rand((3,), F64)]), refuse('layer_normalization', [ints([[1, 2]]), rand((2,)), rand((2,))])

# ---------------------------------------------------------------- normalize, local_response_normalization
for i, (shape, args) in enumerate([((2, 3), {}), ((2, 3), {'axis': 0}), ((2, 3), {'axis': -1, 'eps': 0.5}), ((2, 2, 2), {'axis': [0, 2]}), ((3,), {'axis': 0}),
                    ((2, 3), {'axis': None}), ((2, 0), {}), ((2, 3), {'axis': [1, 0]}), ((2, 3), {'eps': 0})]):
    for dtype in dtypes(i):
        case('normalize', [apart(shape, dtype)], args)
case('normalize', [f32([[0, 0], [3, 4]])], second=False), case('normalize', [f64([[0, 0], [3, -4]])], {'eps': 0.1}, second=False)
case('normalize', [f32([[1e30, 1], [nan, 1], [inf, 1]])], gy=False)
for shape, args in [((2, 3), {'axis': 2}), ((2, 3), {'axis': -3}), ((3,), {}), ((), {'axis': 0}), ((2, 3), {'axis': [0, 0]}), ((2, 3), {'axis': 'x'})]:
    refuse('normalize', [rand(shape)], args)
refuse('normalize', [ints([[1, 2]])])
lrn = 'local_response_normalization'
for i, (shape, args) in enumerate([((2, 7), {}), ((2, 4, 2), {'n': 3, 'alpha': 0.5}), ((1, 3, 2, 1), {'n': 4, 'k': 1, 'alpha': 0.2, 'beta': 1.5}), ((2, 3), {'n': 1, 'alpha': 0.5}),
                    ((2, 3), {'n': 0, 'alpha': 0.5}), ((2, 3), {'n': 99, 'alpha': 0.5}), ((2, 3), {'n': -3, 'alpha': 0.5}), ((2, 1), {'alpha': 0.5}),
                                   ((0, 3), {})]):
    for dtype in dtypes(i):
        case(lrn, [apart(shape, dtype)], args, twice=responses, second=0 not in shape)
refuse(lrn, [rand((3,))]), refuse(lrn, [ints([[1, 2]])]), refuse(lrn, [rand((2, 3))], {'n': 2.5})

# ---------------------------------------------------------------- decorrelated_batch_normalization
dbn, fixed = 'decorrelated_batch_normalization', 'fixed_decorrelated_batch_normalization'
for i, (shape, args) in enumerate([((4, 4), {'groups': 2}), ((2, 4, 2), {'groups': 2, 'eps': 0.1}), ((5, 3), {'groups': 1}), ((4, 2), {'groups': 2}), ((2, 2, 2, 2), {'groups': 1, 'decay': 0.6}),
                    ((2, 3), {'groups': 1, 'eps': 0.5})]):
    g = args['groups']
    c = shape[1] // g
    for dtype in dtypes(i):
        # float32: Chainer's own eigenvectors are of float32.
        wide = {'rtol': 1e-3} if dtype == F32 else {'rtol': 1e-9}
        case(dbn, [apart(shape, dtype)], args, twice=decorrelated_twice, second=dtype == F64, **wide)
        case(dbn, [apart(shape, dtype), rand((g, c), dtype), rand((g, c, c), dtype)], args, gy=False, updates=(1, 2), **wide)
    case(fixed, [apart(shape, F64), rand((g, c), F64), rand((g, c, c), F64)], {'groups': g})
case(dbn, [apart((2, 32))], gy=False, rtol=1e-3), case(fixed, [apart((2, 16)), rand((16, 1)), rand((16, 1, 1))], gy=False)
case(dbn, [apart((4, 2)), rand((1, 2))], {'groups': 1}, gy=False, updates=(1,), rtol=1e-3)
case(dbn, [apart((4, 2)), None, rand((1, 2, 2))], {'groups': 1}, gy=False, updates=(2,), rtol=1e-3)
case(dbn, [apart((4, 2)), rand((1, 2)), rand((1, 2, 2))], {'groups': 1, 'train': False}, gy=False)
for shape, args in [((2, 4), {}), ((2, 4), {'groups': 3}), ((4,), {'groups': 1}), ((2, 4), {'groups': -1})]:
    refuse(dbn, [rand(shape)], args)
nonsense(dbn, [rand((2, 4))], {'groups': 0}, 'divides by zero')
nonsense(dbn, [rand((4, 2)), rand((2, 2))], {'groups': 1}, 'updates every row')
nonsense(dbn, [f64([[1, 1], [2, 2], [3, 3]])], {'groups': 1, 'eps': 0}, 'divides by what rounding left of zero')
refuse(dbn, [rand((4, 2)), rand((2,))], {'groups': 1}), refuse(dbn, [ints([[1, 2]])], {'groups': 1})
refuse(dbn, [rand((4, 2)), None, rand((2, 1))], {'groups': 1})
refuse(fixed, [rand((4, 2)), rand((1, 2)), rand((1, 2, 2), F64)], {'groups': 1}), refuse(fixed, [rand((4, 2)), rand((1, 3)), rand((1, 2, 2))], {'groups': 1})
refuse(fixed, [rand((4, 2)), rand((1, 2)), rand((1, 3, 2))], {'groups': 1}), refuse(fixed, [rand((4, 2)), rand((1, 2))], {'groups': 1})
refuse(fixed, [rand((2, 4)), rand((1, 4)), rand((1, 4, 4))], {'groups': 3}), refuse(fixed, [rand((2,)), rand((1, 2)), rand((1, 2, 2))], {'groups': 1})

write(__file__)
