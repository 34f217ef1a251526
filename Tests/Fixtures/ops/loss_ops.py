# Losses: chainer/functions/loss. See oracle.py.
import numpy
import chainer.functions as F
from oracle import *

F16 = numpy.float16


def eye(x, size, value):
    return numpy.where(numpy.eye(size, dtype=bool), x.dtype.type(value), x.dtype.type(1))


# Chainer differentiates these once only (and hinge writes into the gradient that it gets).
def decov(xs, a):
    h = xs[0]
    h = h - F.broadcast_to(F.mean(h, axis=0, keepdims=True), h.shape)
    covariance = F.matmul(h, h, transa=True) * eye(h, h.shape[1], 0) / len(h)
    return covariance if a.get('reduce') == 'no' else F.sum(covariance * covariance) * 0.5


def hinge(xs, a):
    x, t = xs
    signs = numpy.where(numpy.arange(x.shape[1]) == t.array[:, None], -1, 1).astype(x.dtype)
    y = F.relu(1 + x * signs)
    y = y * y if a.get('norm') == 'L2' else y
    return y if a.get('reduce') == 'no' else F.sum(y) / len(x)


def sampling(xs, a):
    x, t, w, samples = xs
    return F.negative_sampling(x, t, w, lambda shape: samples.array.copy(), samples.shape[1] - 1, **a)


def ctc(xs, a):
    return F.connectionist_temporal_classification(
        xs['x'], xs['t'], a['blank_symbol'], xs.get('input_length'), xs.get('label_length'), a.get('reduce', 'mean'))


def clusters(xs, a):
    """The clustering loss instance by instance: Chainer's works only for one image, or as many as there are instances, and
    its gradient of the second norm is NaN, since it divides by the distance 0 at pixels of other instances; that counts
    as 0 here, as that of the first norm."""
    x, labels = xs[0], xs[1].array
    n, count, p = len(labels), a['max_embedding_dim'], a.get('norm', 1)
    root = lambda s: F.sqrt(s) if s.array > 0 else s * 0
    norm = lambda v: F.sum(abs(v)) if p == 1 else root(F.sum(v * v))
    where = [[list(zip(*numpy.nonzero(labels[i] == c + 1))) for i in range(n)] for c in range(count)]
    zero = x.dtype.type(0) * F.sum(x[:, :, 0, 0], axis=0)
    means = [[sum((x[i, :, h, w] for h, w in where[c][i]), zero) / max(len(where[c][i]), 1) for i in range(n)] for c in range(count)]
    variance = sum(F.relu(norm(means[c][i] - x[i, :, h, w]) - a['delta_v']) ** 2 / max(sum(map(len, where[c])), 1)
                   for c in range(count) for i in range(n) for h, w in where[c][i]) / count
    pairs = [(c, d, i) for c in range(count) for d in range(c) for i in range(n)]
    distance = sum(F.relu(2 * a['delta_d'] - norm(means[c][i] - means[d][i])) ** 2 for c, d, i in pairs) / len(pairs)
    size = sum(norm(F.stack(m)) for m in means) / (count * n)
    return [a.get('alpha', 1) * variance, a.get('beta', 1) * distance, a.get('gamma', 0.001) * size]


def clustering(xs, a):
    x = xs[0]
    if len(x) not in (1, x.shape[1]):
        return clusters(xs, a)
    given = F.discriminative_margin_based_clustering_loss(x, xs[1].array, **a)
    if a.get('norm') != 2:
        return list(given)
    assert numpy.allclose([y.array for y in given], [y.array for y in clusters(xs, a)], 1e-5)
    return clusters(xs, a)


for name in ('absolute_error squared_error squared_difference mean_absolute_error huber_loss bernoulli_nll gaussian_nll '
             'gaussian_kl_divergence sigmoid_cross_entropy contrastive triplet cross_covariance decov black_out').split():
    OPS[name] = fn(getattr(F, name))
OPS.update({
    'hinge': lambda xs, a: F.hinge(xs[0], xs[1], **a) * 1,
    'discriminative_margin_based_clustering_loss': clustering,
    'negative_sampling': sampling,
    'connectionist_temporal_classification': ctc,
    'crf1d': lambda xs, a: F.crf1d(xs['cost'], xs['xs'], xs['ys'], **a),
    'argmax_crf1d': lambda xs, a: list(F.argmax_crf1d(xs['cost'], xs['xs'])),
})

# ---------------------------------------------------------------- an array and its target
for op in ('absolute_error', 'squared_error', 'squared_difference', 'mean_absolute_error'):
    for shape, dtype in [((), F32), ((3,), F32), ((2, 2), F64), ((2, 1, 2), F64)]:
        both = apart((2,) + shape, dtype)
        case(op, [numpy.array(both[0]), numpy.array(both[1])])
    case(op, [f32([1, nan, inf, -inf, inf]), f32([1, 2, 1, 3, inf])], second=False)
    if op != 'mean_absolute_error':
        case(op, [rand((0, 2)), rand((0, 2))])
    refuse(op, [rand((3,)), rand((1,))]), refuse(op, [rand((2, 3)), rand((3,))]), refuse(op, [rand((3,)), rand((3,), F64)])
    refuse(op, [ints([1, 2]), ints([1, 2])])
case('mean_absolute_error', [rand((0,)), rand((0,))], gy=False)
case('mean_absolute_error', [numpy.full(3, 30000, F16), numpy.zeros(3, F16)], gy=False)

for shape, args in [((2, 3), {'delta': 1.0}), ((3,), {'delta': 0.5, 'reduce': 'no'}),
                    ((), {'delta': 0.3, 'reduce': 'no'}), ((2, 2, 2), {'delta': 1}), ((2, 0, 2), {'delta': 1})]:
    for dtype in (F32, F64):
        case('huber_loss', [rand(shape, dtype), rand(shape, dtype)], args)
case('huber_loss', [f32([[1, -1, 0, 3]]), f32([[0, 0, 0, 0]])], {'delta': 1})  # on the edge
case('huber_loss', [f32([[nan, inf, -inf, 2]]), f32([[0, 0, 0, 0]])], {'delta': 1, 'reduce': 'no'}, second=False)
refuse('huber_loss', [rand((3,)), rand((3,))], {'delta': 1}), refuse('huber_loss', [rand((2, 3)), rand((2, 1))], {'delta': 1})
refuse('huber_loss', [rand((2, 3)), rand((2, 3), F64)], {'delta': 1}), refuse('huber_loss', [rand((2, 3)), rand((2, 3))])
refuse('huber_loss', [rand((2, 3)), rand((2, 3))], {'delta': 1, 'reduce': 'mean'}), refuse('huber_loss', [ints([[1]]), ints([[1]])], {'delta': 1})
for delta in (0, -1.0, nan):
    nonsense('huber_loss', [rand((2, 3)), rand((2, 3))], {'delta': delta}, 'gives a value that has no gradient')

# ---------------------------------------------------------------- likelihoods
for args in [{}, {'reduce': 'mean'}, {'reduce': 'no'}]:
    for shape, dtype in [((3,), F32), ((2, 2), F64), ((0, 2), F32)]:
        if shape == (0, 2) and args.get('reduce') == 'mean':
            continue
        case('bernoulli_nll', [rand(shape, dtype, 0, 1), rand(shape, dtype)], args)
        case('gaussian_nll', [rand(shape, dtype), rand(shape, dtype), rand(shape, dtype, -1, 1)], args)
        case('gaussian_kl_divergence', [rand(shape, dtype), rand(shape, dtype, -1, 1)], args)
for op in ('bernoulli_nll', 'gaussian_kl_divergence'):
    case(op, [rand((2, 3)), rand((3,))], {'reduce': 'no'}), case(op, [rand((2, 1), F64), rand((3,), F64)])
    refuse(op, [rand((2, 3)), rand((2,))]), refuse(op, [rand((2,)), rand((2,), F64)]), refuse(op, [rand((2,)), rand((2,))], {'reduce': 'none'})
    refuse(op, [ints([1, 0]), rand((2,))])
case('gaussian_nll', [rand((2, 3)), rand((3,)), rand(())])
case('bernoulli_nll', [f32([0, 1, 0, 1, 0.3]), f32([100, 100, -100, -100, 0])], {'reduce': 'no'}, second=False)  # Chainer's overflows
case('bernoulli_nll', [f64([1, 0]), f64([40, 800])], {'reduce': 'no'}, second=False)
case('bernoulli_nll', [f32([0.5, nan]), f32([nan, 1])], {'reduce': 'no'}, second=False)
refuse('gaussian_nll', [rand((2, 3)), rand((2,)), rand((2, 3))]), refuse('gaussian_nll', [rand((2,)), rand((2,)), rand((2,), F64)])
refuse('gaussian_nll', [rand((2,)), rand((2,)), rand((2,))], {'reduce': 'max'})

# ---------------------------------------------------------------- a class for each sample
sce = 'sigmoid_cross_entropy'
for args in [{}, {'normalize': False}, {'reduce': 'no'}]:
    case(sce, [rand((2, 3)), ints([[0, 1, -1], [1, -1, 0]])], args)
    case(sce, [rand((4,), F64), ints([0, 1, 1, 0], numpy.int64)], args)
    case(sce, [rand((2, 2)), ints([[-1, -1], [-1, -1]], numpy.int8)], args)
    case(sce, [rand((0, 2)), ints(numpy.zeros((0, 2)))], args)
case(sce, [rand((2, 1, 2), F64), ints([[[2, 0]], [[-1, -3]]])], {'normalize': False})  # any integer is taken
case(sce, [rand((), F64), ints(1)], gy=False)  # Chainer's gradient fails on 0-d arrays
case(sce, [f32([100, -100, 20, -20, 0]), ints([1, 0, 0, 1, 1], numpy.int16)], {'reduce': 'no'})
case(sce, [f64([40, -40, 800]), ints([1, 0, 0])], {'reduce': 'no'})
case(sce, [f32([inf, -inf, nan, inf]), ints([0, 1, 1, 1])], {'reduce': 'no'}, second=False)
for x, t, args in [(rand((2, 3)), ints([0, 1]), {}), (rand((3,)), ints([[0, 1, 1]]), {}), (rand((3,)), rand((3,)), {}), (ints([1]), ints([1]), {}),
                   (rand((2,)), ints([0, 1]), {'reduce': 'sum'}), (rand((2,)), bools([True, False]), {})]:
    refuse(sce, [x, t], args)

for args in [{}, {'norm': 'L2'}, {'reduce': 'no'}, {'norm': 'L2', 'reduce': 'no'}]:
    case('hinge', [apart((2, 3)), ints([2, 0])], args, twice=hinge)
    case('hinge', [apart((3, 2), F64), ints([1, 1, 0], numpy.int64)], args, twice=hinge)
    case('hinge', [f32([[1, -1, 0]]), ints([0])], args, second=False)  # on the edge
    case('hinge', [f32([[2, nan, inf]]), ints([0])], args, gy=False)
    case('hinge', [rand((0, 3)), ints([])], args, second=False, gy='reduce' in args)
for x, t, args in [(rand((2, 3)), ints([0, 3]), {}), (rand((2, 3)), ints([0]), {}), (rand((3,)), ints([0, 0, 0]), {}), (rand((2, 3, 1)), ints([0, 1]), {}),
                   (rand((2, 3)), ints([[0], [1]]), {}), (rand((2, 3)), rand((2,)), {}), (ints([[1]]), ints([0]), {}), (rand((2, 3)), ints([0, 1]), {'norm': 'L3'}),
                   (rand((2, 3)), ints([0, 1]), {'reduce': 'sum'})]:
    refuse('hinge', [x, t], args)
nonsense('hinge', [rand((2, 3)), ints([0, -1])], {}, 'takes -1 for the last class')

# ---------------------------------------------------------------- how samples lie to one another
for args in [{}, {'margin': 3.0}, {'reduce': 'no'}, {'margin': 2, 'reduce': 'no'}]:
    for dtype, t in [(F32, ints([1, 0, 0])), (F64, ints([0, 1, 0], numpy.int64))]:
        case('contrastive', [rand((3, 2), dtype), rand((3, 2), dtype), t], args)
case('contrastive', [rand((2, 2), F64), rand((2, 2), F64), ints([3, -2], numpy.int8)], {'margin': 4})  # any integer is taken
case('contrastive', [f32([[1, 2], [1, 2]]), f32([[1, 2], [1, 2]]), ints([0, 1])], {'reduce': 'no'}, second=False)  # equal pairs
case('contrastive', [rand((1, 0)), rand((1, 0)), ints([0])], second=False)
a, b, t = rand((2, 3)), rand((2, 3)), ints([0, 1])
for xs, args in [([a, b, t], {'margin': 0}), ([a, b, t], {'margin': -1.0}), ([a, b, t], {'reduce': 'sum'}), ([a, b, ints([0])], {}), ([a, b, ints([[0, 1]])], {}),
                 ([a, b.astype(F64), t], {}), ([a, b, rand((2,))], {}), ([a, rand((2, 2)), t], {}), ([a[0], b[0], ints([0, 1, 1])], {}),
                 ([rand((0, 3)), rand((0, 3)), ints([])], {}), ([a[:, :, None], b[:, :, None], t], {}), ([ints([[1]]), ints([[1]]), ints([1])], {})]:
    refuse('contrastive', xs, args)

for args in [{}, {'margin': 1}, {'reduce': 'no'}, {'margin': 0.5, 'reduce': 'no'}]:
    for shape, dtype in [((3, 2), F32), ((2, 2), F64)]:
        case('triplet', [rand(shape, dtype), rand(shape, dtype), rand(shape, dtype)], args)
case('triplet', [f32([[1], [2]]), f32([[1], [2]]), f32([[2], [2]])], {'margin': 1, 'reduce': 'no'})  # on the edge
a, b, c = rand((2, 3)), rand((2, 3)), rand((2, 3))
for xs, args in [([a, b, c], {'margin': 0}), ([a, b, c], {'reduce': 'sum'}), ([a, b, c[:1]], {}), ([a, b[:, :2], c], {}), ([a, b, c.astype(F64)], {}),
                 ([a[0], b[0], c[0]], {}), ([a[:0], b[:0], c[:0]], {}), ([ints([[1]])] * 3, {})]:
    refuse('triplet', xs, args)

for args in [{}, {'reduce': 'no'}]:
    for n, k, l in [(3, 2, 2), (4, 1, 2)]:
        for dtype in (F32, F64):
            case('cross_covariance', [rand((n, k), dtype), rand((n, l), dtype)], args)
            case('decov', [rand((n, k), dtype)], args, twice=decov)
    case('cross_covariance', [rand((2, 0)), rand((2, 3))], args, second=False), case('decov', [rand((2, 0))], args, second=False)
    case('cross_covariance', [rand((0, 2)), rand((0, 1))], args, gy=False)
refuse('cross_covariance', [rand((2, 3)), rand((3, 3))]), refuse('cross_covariance', [rand((2,)), rand((2,))]), refuse('cross_covariance', [rand((2, 3)), rand((2,))])
refuse('cross_covariance', [rand((2, 3)), rand((2, 3), F64)]), refuse('cross_covariance', [rand((2, 3)), rand((2, 3))], {'reduce': 'mean'})
refuse('cross_covariance', [ints([[1]]), ints([[1]])])
case('decov', [rand((0, 2))], gy=False)
refuse('decov', [rand((3,))]), refuse('decov', [rand((2, 3, 1))]), refuse('decov', [rand((2, 3))], {'reduce': 'mean'}), refuse('decov', [ints([[1]])])

dml = 'discriminative_margin_based_clustering_loss'
for dtype in (F32, F64):
    for labels in [[[[1, 2, 0], [2, 1, 1]]], [[[1, 2]], [[2, 3]]], [[[1, 2]], [[1, 1]], [[2, 1]]]]:
        labels = ints(labels, numpy.int64)
        x = rand((len(labels), 2) + labels.shape[1:], dtype)
        for args in [{'delta_v': 0.1, 'delta_d': 1.5}, {'delta_v': 0.2, 'delta_d': 3, 'alpha': 0.5, 'beta': 2.0, 'gamma': 1, 'norm': 2}]:
            case(dml, [x, labels], dict(args, max_embedding_dim=2))
case(dml, [rand((1, 2, 1, 3)), ints([[[0, 0, 9]]])], {'delta_v': 0.3, 'delta_d': 1.5, 'max_embedding_dim': 2}, second=False)
x, t = rand((1, 2, 2, 2)), ints([[[1, 2], [0, 1]]])
given = {'delta_v': 0.5, 'delta_d': 1.5, 'max_embedding_dim': 2}
for xs, args in [([x, t], dict(given, max_embedding_dim=3)), ([x, t], dict(given, max_embedding_dim=0)), ([x, t], dict(given, norm=3)), ([x[0], t], given),
                 ([x, t[:, :1]], dict(given, max_embedding_dim=1)), ([x, t], {'delta_v': 1, 'delta_d': 2}), ([x, t], {'delta_v': 1, 'max_embedding_dim': 2})]:
    refuse(dml, xs, args)
nonsense(dml, [x, t[:, :1]], given, 'stretches the labels')

# ---------------------------------------------------------------- a label against a few
for args in [{}, {'reduce': 'no'}]:
    for dtype, kind in [(F32, numpy.int32), (F64, numpy.int64)]:
        case('black_out', [rand((2, 3), dtype), ints([1, 3], kind), rand((4, 3), dtype), ints([[0, 2, 2], [1, 3, 0]], kind)], args)
    case('black_out', [rand((1, 2), F64), ints([1]), rand((2, 2), F64), ints([[0]])], args)
case('black_out', [rand((2, 3)), ints([1, 3]), rand((4, 3)), ints(numpy.zeros((2, 0)))], gy=False)  # Chainer's gradient fails
x, t, w, s = rand((2, 3)), ints([1, 3]), rand((4, 3)), ints([[0, 2], [1, 3]])
for xs in [[x, ints([1, 4]), w, s], [x, t, w, ints([[0, 4], [1, 3]])], [x, t, rand((4, 2)), s], [x, t, w, rand((2, 2))], [x, rand((2,)), w, s],
           [x, t[:0], w, s], [x, t, rand((4,)), s], [x[0], t, w, s], [x, t, ints([[1, 2, 3]]), s]]:
    refuse('black_out', xs)
nonsense('black_out', [x, ints([1, -1]), w, s], {}, 'takes -1 for the last label'), nonsense('black_out', [x, t, w, s], {'reduce': 'sum'}, 'takes it for no')

for args in [{}, {'reduce': 'no', 'return_samples': True}]:
    skip = (1,) if 'return_samples' in args else ()
    for dtype in (F32, F64):
        case('negative_sampling', [rand((3, 2), dtype), ints([1, -1, 3]), rand((4, 2), dtype), ints([[0, 2, 2], [1, 3, 0], [9, 1, 3]])], args, skip_gy=skip)
    case('negative_sampling', [rand((2, 2)), ints([1, 0]), rand((2, 2)), ints([[0], [0]], numpy.int64)], args, skip_gy=skip)
case('negative_sampling', [rand((2, 2)), ints([-1, -1]), rand((2, 2)), ints([[0, 1], [0, 1]])])
case('negative_sampling', [f32([[1, 2], [nan, inf]]), ints([1, -1]), rand((2, 2)), ints([[0, 1], [0, 1]])])  # what is ignored may be anything
case('negative_sampling', [f64([[30, 30]]), ints([0]), f64([[1, 1], [-9, 9]]), ints([[0, 1]])])
for xs, args in [([x, ints([1, 4]), w, s], {}), ([x, t, w, ints([[0, 4], [1, 3]])], {}), ([x, t, rand((4, 2)), s], {}), ([x, t, rand((4, 3), F64), s], {}),
                 ([x, rand((2,)), w, s], {}), ([x, t[:1], w, s], {}), ([x[0], t, w, s], {}), ([x, t, w, s], {'reduce': 'mean'}), ([x, t, w[0], s], {}),
                 ([ints([[1]]), ints([0]), ints([[1]]), ints([[0]])], {})]:
    refuse('negative_sampling', xs, args)
nonsense('negative_sampling', [x, t, w, ints(numpy.zeros((2, 0)))], {}, 'has nowhere to write t')
nonsense('negative_sampling', [x, ints([1, -2]), w, s], {}, 'takes -2 for the last label but one')
nonsense('negative_sampling', [x, t, w, ints([0, 1])], {}, 'never sees samples of another shape')

# ---------------------------------------------------------------- sequences
name = 'connectionist_temporal_classification'
for args in [{'blank_symbol': 0}, {'blank_symbol': 2, 'reduce': 'no'}]:
    for dtype in (F32, F64):
        blank = args['blank_symbol']
        a, b = (1, 2) if blank == 0 else (0, 1)
        steps = [rand((2, 3), dtype) for _ in range(3)]
        case(name, {'x': steps, 't': ints([[a, b], [b, b]])}, args, second=False)
        case(name, {'x': steps, 't': ints([[a, b], [b, a]]), 'input_length': ints([2, 3]), 'label_length': ints([2, 1])}, args, second=False)
        case(name, {'x': steps[:2], 't': ints([[a, b], [b, a]]), 'input_length': None, 'label_length': ints([0, 2])}, args, second=False)
        case(name, {'x': steps, 't': ints([[a, blank], [b, a]]), 'input_length': ints([3, 1]), 'label_length': ints([1, 1])}, args, second=False)
        case(name, {'x': steps[:1], 't': ints([[b], [a]])}, args, second=False)
case(name, {'x': [rand((1, 4), F64) for _ in range(6)], 't': ints([[1, 1, 3]])}, {'blank_symbol': 2}, second=False)
case(name, {'x': [rand((2, 3)) for _ in range(2)], 't': ints(numpy.zeros((2, 0)))}, {'blank_symbol': 0}, second=False)
case(name, {'x': [rand((2, 3)) for _ in range(2)], 't': ints([[1, 1], [1, 2]])}, {'blank_symbol': 0, 'reduce': 'no'}, gy=False)  # the first cannot be: -log(0)
x, t, blank = [rand((2, 3)) for _ in range(3)], ints([[0, 1], [1, 0]]), {'blank_symbol': 2}
for xs, args in [({'x': x, 't': t}, {'blank_symbol': 3}), ({'x': x, 't': t}, {'blank_symbol': -1}), ({'x': x, 't': t}, {}), ({'x': x, 't': t[:1]}, blank), ({'x': x, 't': t[0]}, blank),
                 ({'x': x, 't': t.astype(F32)}, blank), ({'x': x, 't': t, 'input_length': ints([3])}, blank), ({'x': x, 't': t, 'input_length': f32([3, 3])}, blank),
                 ({'x': x, 't': t, 'input_length': None, 'label_length': ints([[1, 1]])}, blank), ({'x': x[:2] + [rand((2, 2))], 't': t}, blank),
                 ({'x': x[:2] + [rand((1, 3))], 't': t}, blank), ({'x': [e[0] for e in x], 't': t}, blank), ({'x': x[:2] + [x[2].astype(F64)], 't': t}, blank),
                 ({'x': x, 't': ints([[0, 3], [1, 0]])}, blank), ({'x': x, 't': t}, dict(blank, reduce='sum')), ({'x': x, 't': t}, {'blank_symbol': 1.5})]:
    refuse(name, xs, args)
for lengths in ([0, 3], [4, 3], [-1, 3]):
    nonsense(name, {'x': x, 't': t, 'input_length': ints(lengths)}, blank, 'wraps around')
for lengths in ([3, 1], [-1, 1]):
    nonsense(name, {'x': x, 't': t, 'input_length': None, 'label_length': ints(lengths)}, blank, 'wraps around')
nonsense(name, {'x': x, 't': ints([[0, -1], [1, 0]])}, blank, 'takes -1 for the last class')

for rows, dtype in [((2, 2), F32), ((3, 2, 1, 1), F64), ((3, 1), F32), ((2,), F32), ((1,), F64), ((2, 0), F32)]:
    for args in [{}, {'reduce': 'no'}]:
        cost, xs = rand((3, 3), dtype), [rand((n, 3), dtype) for n in rows]
        case('crf1d', {'cost': cost, 'xs': xs, 'ys': [ints(rng.randint(0, 3, n)) for n in rows]}, args, gy=0 not in rows)  # Chainer's gradient fails at no rows
    case('argmax_crf1d', {'cost': apart((3, 3), dtype), 'xs': [rand((n, 3), dtype) for n in rows]}, skip_gy=range(1, 9))
case('argmax_crf1d', {'cost': f32(numpy.zeros((2, 2))), 'xs': [f32([[1, 1]])] * 3}, skip_gy=range(1, 4), second=False)  # ties
cost, xs, ys = rand((2, 2)), [rand((2, 2)), rand((1, 2))], [ints([0, 1]), ints([1])]
for given in [{'cost': rand((3, 3)), 'xs': xs}, {'cost': rand((2, 3)), 'xs': xs}, {'cost': cost, 'xs': [xs[0], rand((1, 3))]}, {'cost': cost, 'xs': [xs[0], rand((3, 2))]},
              {'cost': cost, 'xs': [xs[0][0]]}, {'cost': ints([[1]]), 'xs': [ints([[1]])]}]:
    refuse('argmax_crf1d', given), refuse('crf1d', dict(given, ys=ys))
for labels in [[ints([0, 2]), ints([1])], [ints([0, 1]), ints([1, 1])], [ints([[0, 1]]), ints([1])], [f32([0, 1]), f32([1])]]:
    refuse('crf1d', {'cost': cost, 'xs': xs, 'ys': labels})
refuse('crf1d', {'cost': cost, 'xs': xs, 'ys': ys}, {'reduce': 'sum'})
nonsense('crf1d', {'cost': cost, 'xs': xs, 'ys': [ys[0], ints([-1])]}, {}, 'takes -1 for the last label')
nonsense('crf1d', {'cost': cost, 'xs': xs, 'ys': ys[:1]}, {}, 'leaves out the last step')
nonsense('crf1d', {'cost': cost, 'xs': [xs[1], xs[0]], 'ys': [ys[1], ys[0]]}, {}, 'stretches the first sequence')

# ---------------------------------------------------------------- float16, computed in float32
half = lambda *shape: rand(shape, F16)
for reduce in ({}, {'reduce': 'no'}):
    case('contrastive', [half(2, 2), half(2, 2), ints([1, 0])], reduce, gy=False, rtol=4e-3)
    case('triplet', [half(2, 2), half(2, 2), half(2, 2)], dict(reduce, margin=4), gy=False, rtol=4e-3)
    case('cross_covariance', [half(4, 2), half(4, 2)], reduce, gy=False, rtol=4e-3)
    case('sigmoid_cross_entropy', [half(2, 2), ints([[0, 1], [1, -1]])], reduce, gy=False, rtol=4e-3)
    case('black_out', [half(2, 2), ints([1, 0]), half(3, 2), ints([[2, 0], [1, 2]])], reduce, gy=False, rtol=4e-3)
    case('negative_sampling', [half(2, 2), ints([1, 0]), half(3, 2), ints([[2, 0], [1, 2]])], reduce, gy=False, rtol=4e-3)
    case(name, {'x': [half(2, 3) for _ in range(3)], 't': ints([[1, 2], [0, 1]])}, dict(reduce, blank_symbol=0), gy=False, rtol=4e-3)
    case('crf1d', {'cost': half(2, 2), 'xs': [half(2, 2), half(1, 2)], 'ys': ys}, reduce, gy=False, rtol=4e-3)

write(__file__)
