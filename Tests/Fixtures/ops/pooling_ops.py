# Pooling, its inverses, and the pooling of regions: chainer/functions/pooling. See oracle.py.
import numpy
import chainer
import chainer.functions as F
from oracle import *

F16 = numpy.float16


def matrix(f, xs, a):
    """What the rows of an op's Jacobian are by its first gradient: its second, where Chainer has none, is that of this matrix."""
    y = f([chainer.Variable(x.array) for x in xs], a)
    rows = []
    for i in range(y.size):
        x = chainer.Variable(xs[0].array)
        y = f([x] + list(xs[1:]), a)
        y.grad = numpy.eye(1, y.size, i, dtype=y.dtype).reshape(y.shape)
        y.backward()
        rows.append(x.grad.ravel())
    return numpy.array(rows, xs[0].dtype).reshape(y.size, xs[0].size), y.shape


def linear(f):
    def product(xs, a):
        m, shape = matrix(f, xs, a)
        return F.reshape(F.matmul(m, F.flatten(xs[0])), shape)
    return product


def unchecked(f):
    """For the dtypes that Chainer refuses but computes rightly."""
    def g(xs, a):
        with chainer.using_config('type_check', False):
            return f(xs, a)
    return g


OPS['upsampling_2d'] = lambda xs, a: F.upsampling_2d(xs[0], xs[1].array, **{k: tuples(v) for k, v in a.items()})
ROI = ['roi_average_align_2d', 'roi_average_pooling_2d', 'roi_max_align_2d', 'roi_max_pooling_2d']
for name in ROI + ['roi_pooling_2d', 'spatial_pyramid_pooling_2d']:
    OPS[name] = fn(getattr(F, name))
for name in ('average_pooling', 'max_pooling', 'unpooling'):
    for n in '123n':
        OPS['%s_%sd' % (name, n)] = fn(getattr(F, '%s_%sd' % (name, n)))


def averaged(f):
    """With a pad_value of None Chainer's gradient overwrites what arrives: here that is an array of its own."""
    return lambda xs, a: fn(f)(xs, a) * 1


for n in '13n':
    OPS['average_pooling_%sd' % n] = averaged(getattr(F, 'average_pooling_%sd' % n))


def cases_of(op, *calls, **keywords):
    """Each call, shapes and arguments, in one dtype after the other."""
    for i, (shape, args) in enumerate(calls):
        case(op, [apart(shape, (F32, F64)[i % 2])], args, **keywords)


def refuse_all(op, *calls):
    for x, args in calls:
        refuse(op, x if isinstance(x, list) else [x], args)


def also(op, inputs, args, f, **keywords):
    """A case that Chainer gets wrong or refuses, answered by another function."""
    kept, OPS[op] = OPS[op], f
    case(op, inputs, args, **keywords)
    OPS[op] = kept


# ---------------------------------------------------------------- average_pooling, max_pooling
WINDOWS = {
    '1d': [((2, 1, 5), {'ksize': 2}), ((1, 2, 5), {'ksize': 3, 'stride': 2, 'pad': 1}), ((1, 1, 4), {'ksize': [3], 'stride': [1], 'pad': [2]}), ((1, 1, 2), {'ksize': 1, 'stride': 3})],
    '2d': [((1, 2, 4, 3), {'ksize': 2}), ((2, 1, 3, 4), {'ksize': [2, 3], 'stride': 1, 'pad': 1}), ((1, 1, 5, 3), {'ksize': 3, 'stride': [2, 1], 'pad': [1, 0]}), ((1, 2, 2, 3), {'ksize': [2, 3]}),
           ((1, 1, 1, 1), {'ksize': 2, 'stride': 1, 'pad': 1}), ((1, 1, 4, 5), {'ksize': [1, 2], 'stride': 3})],
    '3d': [((1, 1, 2, 3, 4), {'ksize': 2}), ((1, 1, 3, 2, 3), {'ksize': [2, 1, 3], 'stride': [1, 2, 1], 'pad': [1, 0, 1]})],
    'nd': [((2, 1, 4), {'ksize': 2, 'stride': 1}), ((1, 1, 3, 4), {'ksize': [3, 2], 'pad': 1}), ((1, 1, 2, 3, 2), {'ksize': 2, 'stride': 1, 'pad': [0, 1, 0]}), ((1, 1, 2, 2, 1, 2), {'ksize': [2, 1, 1, 2], 'stride': 1})],
}
for n, calls in WINDOWS.items():
    op = 'average_pooling_' + n
    cases_of(op, *calls)
    cases_of('max_pooling_' + n, *[(s, {**a, 'cover_all': False}) for s, a in calls])
    cases_of('max_pooling_' + n, *[(s, {**a, 'return_indices': True}) for s, a in calls[::2]], skip_gy=(1,))
    if n == '2d':  # There pad_value is ours; that of average_pooling_nd.
        for i, (shape, args) in enumerate(calls[1:3]):
            also(op, [rand(shape, (F32, F64)[i])], {**args, 'pad_value': None}, averaged(F.average_pooling_nd))
    else:
        cases_of(op, *[(s, {**a, 'pad_value': None}) for s, a in calls])
for op in ('average_pooling_', 'max_pooling_'):
    for n, shape in [('1d', (1, 1, 3)), ('2d', (1, 1, 3, 3)), ('3d', (1, 1, 2, 3, 3)), ('nd', (1, 1, 3, 3))]:
        x = rand(shape)
        refuse_all(op + n, *[(y, {'ksize': 2}) for y in (x[0, 0, 0], x[..., None] if n != 'nd' else rand((3, 3)), ints(numpy.ones(shape)))])
        if n in ('1d', '3d'):
            continue
        refuse_all(op + n, *[(x, a) for a in [{'ksize': shape[-1] + 1, 'stride': 1}, {'ksize': [2] * (len(shape) - 1)}, {'ksize': []}, {'ksize': 2, 'stride': [1] * (len(shape) - 3)}, {'ksize': 1, 'pad': -1}, {'ksize': 1, 'pad': [1] * 7}]])
        for args in ({'ksize': 2 ** 62}, {'ksize': 2 ** 20, 'stride': 2 ** 20, 'pad': 2 ** 20}, {'ksize': 1, 'pad': 2 ** 62}, {'ksize': 1, 'pad': 2 ** 28}):
            nonsense(op + n, [x], args, 'takes all memory')
        nonsense(op + n, [x], {'ksize': 1, 'stride': 0}, 'divides by zero'), nonsense(op + n, [x], {'ksize': 0}, 'gives windows of nothing')
        if (op, n) != ('average_pooling_', '2d'):
            refuse_all(op + n, (rand((0,) + shape[1:]), {'ksize': 1}), (rand(shape[:-1] + (0,)), {'ksize': 1, 'pad': 1}))
    case(op + '2d', [apart((1, 1, 4, 4), F16)], {'ksize': 2}, rtol=2e-3)  # Half precision.
case('average_pooling_2d', [rand((0, 1, 2, 2))], {'ksize': 2}), case('average_pooling_2d', [rand((1, 1, 0, 2))], {'ksize': 1, 'pad': 1})
refuse_all('average_pooling_nd', *[(rand((1, 1, 3)), {'ksize': 2, 'pad_value': v}) for v in (1, -0.5, nan)])
case('average_pooling_nd', [f32([[[1, nan, inf, -inf, 2, 3]]])], {'ksize': 2, 'stride': 1})
# Ties, NaN, infinities: the first of equals; windows that begin on the padding, or have nothing else.
for x in ([[1, 1, 0], [1, 1, 1], [0, 1, 1]], [[-inf, -inf, nan], [nan, inf, -inf], [inf, -inf, -inf]], [[0, -0.0, 0], [-inf, -inf, -inf], [-inf, -inf, 1]]):
    for args in ({'ksize': 2, 'stride': 1}, {'ksize': 2, 'pad': 1}, {'ksize': [3, 1], 'pad': [1, 0], 'cover_all': False}):
        case('max_pooling_2d', [f32([[x]])], {**args, 'return_indices': True}, skip_gy=(1,), second=False)  # It reads its padding, -inf.
case('max_pooling_1d', [rand((1, 1, 2))], {'ksize': 1, 'pad': 3, 'return_indices': True}, skip_gy=(1,), second=False)
case('max_pooling_1d', [rand((1, 1, 3))], {'ksize': 4, 'stride': 2}), case('max_pooling_1d', [rand((1, 1, 2), F64)], {'ksize': 5, 'stride': 4})

# ---------------------------------------------------------------- spatial_pyramid_pooling_2d
cases_of('spatial_pyramid_pooling_2d', *[(s, {'pyramid_height': h, 'pooling': 'max'}) for s, h in [((2, 2, 3, 4), 1), ((1, 2, 4, 4), 3), ((1, 1, 5, 3), 2), ((2, 1, 1, 2), 1)]])
cases_of('spatial_pyramid_pooling_2d', ((1, 1, 3, 2), {'pyramid_height': 3, 'pooling': 'max'}), ((1, 1, 5, 7), {'pyramid_height': 3, 'pooling': 'max'}), second=False)  # It reads its padding, -inf.
refuse_all('spatial_pyramid_pooling_2d', *[(x, {'pyramid_height': h, 'pooling': p}) for x, h, p in [
    (rand((1, 2, 2)), 1, 'max'), (ints([[[[1]]]]), 1, 'max'), (rand((1, 1, 2, 2)), 0, 'max'), (rand((1, 1, 2, 2)), -1, 'max'), (rand((1, 1, 2, 2)), 1, 'average'), (rand((0, 1, 2, 2)), 1, 'max'), (rand((1, 1, 2, 2)), 200, 'max')]])

# ---------------------------------------------------------------- unpooling
UNPOOLING = {
    '1d': [((2, 1, 3), {'ksize': 2}), ((1, 2, 3), {'ksize': 3, 'stride': 2, 'pad': 1}), ((1, 1, 3), {'ksize': [2], 'cover_all': False}), ((1, 1, 2), {'ksize': 3, 'stride': 2, 'outsize': [4]}), ((1, 1, 1), {'ksize': 2, 'pad': 1, 'outsize': [0]})],
    '2d': [((1, 2, 2, 2), {'ksize': 2}), ((2, 1, 2, 2), {'ksize': 2, 'cover_all': False}), ((1, 1, 2, 3), {'ksize': [3, 2], 'stride': 1, 'pad': [1, 0]}), ((1, 1, 2, 2), {'ksize': 2, 'outsize': [3, 4]}),
           ((1, 1, 3, 2), {'ksize': 3, 'stride': [2, 1], 'pad': 1, 'cover_all': False}), ((1, 1, 1, 2), {'ksize': [2, 3], 'stride': [3, 4]}), ((0, 1, 2, 2), {'ksize': 2}), ((1, 1, 3, 3), {'ksize': 2, 'stride': 2, 'pad': 2, 'cover_all': False})],
    '3d': [((1, 1, 2, 1, 2), {'ksize': 2}), ((1, 1, 2, 2, 1), {'ksize': [2, 1, 3], 'stride': 1, 'pad': [0, 0, 1], 'cover_all': False})],
    'nd': [((1, 2, 3), {'ksize': 2, 'stride': 1}), ((1, 1, 2, 2), {'ksize': [2, 3], 'outsize': [4, 5]}), ((1, 1, 1, 2, 2, 1), {'ksize': [1, 2, 2, 1], 'stride': 1}), ((0, 1, 2), {'ksize': 2})],
}
for n, calls in UNPOOLING.items():
    cases_of('unpooling_' + n, *calls)
    shape = calls[0][0]
    x = rand(shape)
    refuse_all('unpooling_' + n, *[(y, {'ksize': 2}) for y in (x[0, 0, 0], x[..., None] if n != 'nd' else rand((3, 3)), ints(numpy.ones(shape)))])
refuse_all('unpooling_2d', *[(rand((1, 1, 2, 2)), a) for a in [{'ksize': [2] * 3}, {'ksize': 2, 'stride': [1] * 3}, {'ksize': 2, 'outsize': [9, 9]}, {'ksize': 2, 'outsize': []}, {'ksize': 2, 'outsize': [4, 4, 4]}]])
for args, what in [({'ksize': 2, 'outsize': [2 ** 62, 2 ** 62]}, 'takes all memory'), ({'ksize': 2 ** 40}, 'takes all memory'), ({'ksize': 2 ** 28, 'stride': 1}, 'takes all memory'), ({'ksize': 1, 'stride': 2 ** 28, 'cover_all': False}, 'takes all memory'),
                   ({'ksize': 2, 'pad': 9}, 'gives an empty array'), ({'ksize': 0}, 'gives zeros'), ({'ksize': 2, 'pad': -9}, 'takes it for none')]:
    nonsense('unpooling_2d', [rand((1, 1, 2, 2))], args, what)
case('unpooling_2d', [rand((1, 1, 2, 2), F16)], {'ksize': 2}, rtol=2e-3), case('unpooling_1d', [f32([[[nan, 1, inf, -inf]]])], {'ksize': 2, 'stride': 1}, second=False)
# Windows as long in rows as the stride is in columns: Chainer tells the two from one another only in unpooling_nd.
also('unpooling_2d', [rand((1, 1, 1, 2))], {'ksize': [2, 3], 'stride': [3, 2], 'outsize': [2, 6], 'cover_all': False}, fn(F.unpooling_nd)), also('unpooling_2d', [rand((1, 1, 3, 2), F64)], {'ksize': 2, 'pad': [2, 0], 'cover_all': False}, fn(F.unpooling_nd))

# ---------------------------------------------------------------- upsampling_2d
for i, (shape, args) in enumerate([((1, 2, 4, 3), {'ksize': 2}), ((2, 1, 3, 4), {'ksize': [2, 3], 'stride': 1, 'pad': 1}), ((1, 1, 5, 3), {'ksize': 3, 'stride': [2, 1], 'pad': [1, 0], 'cover_all': False})]):
    y, indexes = F.max_pooling_2d(apart(shape), return_indices=True, **{k: tuples(v) for k, v in args.items()})
    case('upsampling_2d', [rand(y.shape), indexes], {**args, 'outsize': list(shape[2:])}), case('upsampling_2d', [rand(y.shape, F64), ints(indexes)], args)
case('upsampling_2d', [rand((1, 1, 2, 2)), ints([[[[0, 1], [2, 3]]]])], {'ksize': 2, 'pad': 1, 'stride': 1})  # Places on the padding.
case('upsampling_2d', [rand((0, 1, 2, 2)), ints(numpy.zeros((0, 1, 2, 2)))], {'ksize': 2}), case('upsampling_2d', [rand((1, 1, 1, 2), F16), ints([[[[0, 3]]]], numpy.uint8)], {'ksize': 2})
x, indexes = rand((1, 1, 2, 2)), ints([[[[0, 1], [2, 3]]]])
refuse_all('upsampling_2d', *[([x, indexes], a) for a in [{'ksize': [2, 2, 2]}, {'ksize': 2, 'outsize': [9, 9]}, {'ksize': 2, 'outsize': [4]}, {'ksize': 2, 'pad': -9}, {'ksize': [2, 1]}]],
           *[([y, i], {'ksize': 2}) for y, i in [(x[0], indexes[0]), (x, indexes[0]), (x, indexes.reshape(1, 2, 1, 2)), (ints(x), indexes), (x, x), (x, indexes + 1)]])
nonsense('upsampling_2d', [x, indexes], {'ksize': 2, 'outsize': [2 ** 62, 2 ** 62]}, 'takes all memory'), nonsense('upsampling_2d', [x, indexes - 1], {'ksize': 2}, 'counts from the end')

# ---------------------------------------------------------------- regions
IMAGES = (2, 1, 3, 3)
BOXES = [[0, 0, 2, 3], [0.3, 0.6, 2.9, 1.2], [-2.2, -1.4, 1.6, 2.1], [1.5, 2.5, 7, 8.5], [2, 2, 1, 0], [9, 9, 12, 12], [1, 1, 1, 1], [0.5, 1.5, 2.5, 3.5]]


def regions(op, x, boxes, indices, args, dtypes=(F32, F64), **keywords):
    """A case in either dtype; where Chainer takes float32 only it is made to compute in float64 too."""
    kept = OPS[op]
    for dtype in dtypes:
        f = unchecked(kept) if dtype == F64 else kept
        OPS[op] = f
        inputs = [numpy.asarray(x, dtype), numpy.asarray(boxes, dtype)] + ([] if indices is None else [indices])
        case(op, inputs, args, twice=linear(f), **keywords)
    OPS[op] = kept


few = ints([0, 1, 0, 1])
for op in ROI:
    isAlign = 'align' in op
    for args in [{'outsize': 2, 'spatial_scale': 1.0}, {'outsize': [1, 3], 'spatial_scale': 0.5}] + ([
            {'outsize': [3, 1], 'spatial_scale': 1, 'sampling_ratio': 2}, {'outsize': 2, 'spatial_scale': 0.7, 'sampling_ratio': [1, None]}, {'outsize': 1, 'spatial_scale': 2, 'sampling_ratio': [None, 3]}] if isAlign else [
            {'outsize': [3, 1], 'spatial_scale': 1}, {'outsize': 7, 'spatial_scale': 0.7}]):
        n = 4 if args['outsize'] == 2 else 1 if args['outsize'] == 7 else 2
        for part, dtype in ((BOXES[:n], F32), (BOXES[4:4 + n], F64)):
            regions(op, apart((2, 2, 2, 3) if args['outsize'] == [1, 3] else IMAGES), part, few[:n], args, [dtype])
    x, boxes = apart((1, 1, 3, 3)), f32([[0, 0, 2, 2]])
    args = {'outsize': 2, 'spatial_scale': 1}
    regions(op, f32([[[[1, nan, -inf], [2, 2, inf], [-inf, -inf, -inf]]]]), BOXES[:3], ints([0, 0, 0]), args, [F32], second=False)
    regions(op, rand((1, 1, 2, 2)), numpy.zeros((0, 4)), ints([]), args, [F32]), regions(op, rand((1, 1, 0, 2)), [[0, 0, 1, 1]], ints([0]), args, [F64], second=False)
    regions(op, f32([[[[1, 1, 1], [1, 1, 1], [0, 1, 1]]]]), BOXES[:3], ints([0, 0, 0]), {'outsize': [2, 1], 'spatial_scale': 1}, [F64])
    also(op, [rand((1, 2, 3, 3), F16), numpy.asarray(boxes, F16), ints([0])], args, unchecked(OPS[op]), second=False, rtol=2e-3)  # Half precision.
    i = ints([0])
    refuse_all(op, *[([x, boxes, i], {**args, **a}) for a in [{'outsize': 0}, {'outsize': [1, 0]}, {'spatial_scale': -1.5}]], *[(inputs, args) for inputs in [[x[0], boxes, i], [x, f32([[0, 0, 0, 1, 1]]), i], [x, boxes, f32([0])], [x, f64(boxes), i]]])
    if op not in ROI[2:]:
        refuse_all(op, *[([x, boxes, i], {**args, **a}) for a in [{'outsize': -1}, {'outsize': [1]}, {'outsize': [1, 1, 1]}, {'spatial_scale': 0}, {'spatial_scale': nan}]],
                   *[(inputs, args) for inputs in [[x, boxes[0], i], [x, boxes, ints([[0]])], [x, boxes, ints([0, 0])], [ints(x), ints(boxes), i], [x, boxes, ints([1])], [x, f32([[nan, 0, 1, 1]]), i]]])
    nonsense(op, [x, boxes, ints([-1])], args, 'counts from the end')
    if isAlign:
        refuse_all(op, *[([x, boxes, i], {**args, 'sampling_ratio': r}) for r in (0, -1, [1, 0], [1])])
        nonsense(op, [x, boxes, i], {**args, 'sampling_ratio': 2 ** 40}, 'does not come back'), nonsense(op, [x, boxes, i], {**args, 'sampling_ratio': [1, 1, 1]}, 'overlooks the last')
    else:
        refuse_all(op, ([x, f32([[0, 0, inf, 1]]), i], args))

# Chainer's gradient takes a pixel right of the image for one of the next row.
FIVE = [[0, 0, 0, 2, 2], [1, 0.6, 0.3, 1.2, 2.9], [0, -1.4, -2.2, 2.1, 1.6], [1, 1.5, 0.5, 2.5, 7], [1.9, 9, 9, 12, 12], [0, 1, 1, 1, 1], [0, 1.5, 0.5, 3.5, 2.5]]
for args in ({'outh': 2, 'outw': 2, 'spatial_scale': 1.0}, {'outh': 1, 'outw': 3, 'spatial_scale': 0.5}, {'outh': 3, 'outw': 1, 'spatial_scale': 0.7}):
    regions('roi_pooling_2d', apart(IMAGES), FIVE[:4], None, args, [F32]), regions('roi_pooling_2d', apart(IMAGES), FIVE[4:], None, args, [F64])
args = {'outh': 2, 'outw': 1, 'spatial_scale': 1}
regions('roi_pooling_2d', rand((1, 1, 2, 2)), numpy.zeros((0, 5)), None, args, [F32]), regions('roi_pooling_2d', f32([[[[1, nan], [inf, inf], [-inf, -inf]]]]), [[0, 0, 0, 1, 1], [0, 0, 1, 1, 3]], None, args, second=False)
# A region that ends before it starts is one pixel; Chainer's gradient leaves it out.
regions('roi_pooling_2d', apart((1, 1, 3, 3)), [[0, 2, 2, 0, 1], [0, 2.5, 1.5, 8.5, 7], [0, -3, 0, 7, 1]], None, args, gy=False), regions('roi_pooling_2d', rand((1, 1, 3, 3)), FIVE[:1], None, {**args, 'spatial_scale': 0})
also('roi_pooling_2d', [rand((1, 2, 3, 3), F16), numpy.asarray(FIVE[:1], F16)], args, linear(OPS['roi_pooling_2d']), rtol=2e-3)  # Half precision.
x, rois = rand((1, 1, 3, 3)), f32([[0, 0, 0, 2, 2]])
refuse_all('roi_pooling_2d', *[([x, rois], {**args, **a}) for a in [{'outw': -1}, {'spatial_scale': nan}]],
           *[(inputs, args) for inputs in [[x[0], rois], [x, rois[0]], [x, rois[:, :4]], [x, f64(rois)], [ints(x), ints(rois)], [x, f32([[1, 0, 0, 2, 2]])], [x, f32([[0, nan, 0, 1, 1]])], [x, f32([[nan, 0, 0, 1, 1]])]]])
nonsense('roi_pooling_2d', [x, rois], {**args, 'outh': 0}, 'divides by zero'), nonsense('roi_pooling_2d', [x, f32([[-1, 0, 0, 1, 1]])], args, 'counts from the end')

write(__file__)
