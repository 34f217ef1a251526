# Connections: chainer/functions/connection. See oracle.py.
import numpy
import chainer.functions as F
from oracle import *


def bilinear(xs, a):
    """Chainer's takes float32 only."""
    if xs[0].dtype == F32:
        return F.bilinear(*xs)
    e1, e2 = (F.reshape(e, (len(e), -1)) for e in xs[:2])
    w = xs[2]
    y = F.tensordot(e1[:, :, None] * e2[:, None, :], w, axes=2)
    return y if len(xs) == 3 else y + F.matmul(e1, xs[3]) + F.matmul(e2, xs[4]) + F.broadcast_to(xs[5], y.shape)


for name in 'embed_id shift'.split():
    OPS[name] = fn(getattr(F, name))
OPS['bilinear'] = bilinear

# ---------------------------------------------------------------- bilinear
for e1, e2, w in [((2, 3), (2, 2), (3, 2, 2)), ((1, 1), (1, 1), (1, 1, 1)), ((2, 1, 2), (2, 3), (2, 3, 1)), ((3, 2), (3, 1, 2), (2, 2, 1))]:
    for dtype in (F32, F64):
        xs = [rand(e1, dtype), rand(e2, dtype), rand(w, dtype)]
        case('bilinear', xs), case('bilinear', xs + [rand((w[0], w[2]), dtype), rand((w[1], w[2]), dtype), rand((w[2],), dtype)])
case('bilinear', [rand((2, 2)), rand((2, 2)), rand((2, 2, 1)), None, None, None])
case('bilinear', [rand((0, 2)), rand((0, 2)), rand((2, 2, 3))], gy=False)
e1, e2, w, v1, v2, b = rand((2, 3)), rand((2, 2)), rand((3, 2, 2)), rand((3, 2)), rand((2, 2)), rand((2,))
for xs in [[e1, e2[:1], w], [e1[:, :2], e2, w], [e1, e2, w[:, :1]], [e1, e2, w[0]], [e1[0], e2[0], w], [e1, e2[0], w], [e1, e2, w, v1], [e1, e2, w, v1, v2], [e1, e2, w, None, None, b],
           [e1, e2, w, v1[:2], v2, b], [e1, e2, w, v1, v2[:, :1], b], [e1, e2, w, v1, v2, b[:1]], [e1, e2, w, v1, v2, b[None]], [e1, e2.astype(F64), w], [ints([[1]]), ints([[1]]), ints([[[1]]])]]:
    refuse('bilinear', xs)

# ---------------------------------------------------------------- embed_id
for x, args in [(ints([2, 0, 2]), {}), (ints([[1, 0], [3, 3]], numpy.int64), {}), (ints([1, -1, 2]), {'ignore_label': -1}), (ints([[[0]], [[1]]], numpy.int8), {'ignore_label': 0}),
                (ints([1, 99]), {'ignore_label': 99}), (ints([0, 1]), {'ignore_label': None})]:
    for dtype in (F32, F64):
        case('embed_id', [x, rand((4, 3), dtype)], args, second=args.get('ignore_label') != 99)  # Chainer's second gradient reads row 99
case('embed_id', [ints([]), rand((2, 3))], gy=False), case('embed_id', [ints([[0, 1]]), rand((2, 0))], second=False)
x, w = ints([0, 1]), rand((2, 3))
for xs, args in [([ints(0), w], {}), ([ints([0, 2]), w], {}), ([f32([0, 1]), w], {}), ([x, rand((2,))], {}), ([x, rand((2, 3, 1))], {}), ([x, ints([[1], [2]])], {}),
                 ([ints([0, 2]), w], {'ignore_label': 1}), ([bools([True]), w], {})]:
    refuse('embed_id', xs, args)
nonsense('embed_id', [ints([0, -1]), w], {}, 'takes -1 for the last row')

# ---------------------------------------------------------------- shift
for shape, args in [((1, 9, 2, 3), {}), ((1, 9, 3, 2), {'dilate': 2}), ((2, 1, 2, 2), {'ksize': 1}), ((1, 4, 2, 2), {'ksize': [1, 3]}), ((1, 7, 2, 2), {'ksize': [3, 1], 'dilate': [1, 2]}),
                    ((1, 3, 1, 3), {'ksize': [1, 3], 'dilate': -1}), ((1, 6, 2, 2), {'ksize': [1, 5], 'dilate': [-1, 1]}), ((1, 11, 1, 2), {'ksize': 3, 'dilate': [3, -2]})]:
    for dtype in (F32, F64):
        case('shift', [apart(shape, dtype)], args)
case('shift', [rand((0, 9, 2, 2))]), case('shift', [rand((1, 9, 0, 2))]), case('shift', [f32([[[[nan, 1]], [[inf, 2]], [[3, 4]]]])], {'ksize': [1, 3]}, second=False)
x = rand((1, 9, 2, 2))
for x, args in [(x, {'ksize': 2}), (x, {'ksize': [3, 2]}), (x, {'ksize': 0}), (x, {'ksize': 5}), (x, {'ksize': [3]}), (x, {'ksize': [3, 3, 3]}), (x, {'dilate': [1]}), (x[0], {}), (x[:, :8], {}),
                (x[None], {}), (ints(numpy.ones((1, 9, 1, 1))), {})]:
    refuse('shift', [x], args)
for args in ({'dilate': 0}, {'dilate': [1, 0]}):
    nonsense('shift', [rand((1, 9, 2, 2))], args, 'divides by zero')
nonsense('shift', [rand((1, 9, 2, 2))], {'ksize': [-1, 1]}, 'has no place of the filter')
nonsense('shift', [rand((1, 9, 2, 2))], {'ksize': 2 ** 62 + 1}, 'runs out of numbers')
nonsense('shift', [rand((1, 9, 2, 2))], {'dilate': -2 ** 63}, 'runs out of memory')

write(__file__)
