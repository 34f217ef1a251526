# The convolutions of chainer/functions/connection. See oracle.py.
import itertools

import numpy
import chainer.functions as F
from oracle import *

F16 = numpy.float16
for name in ('convolution_1d convolution_2d convolution_3d convolution_nd deconvolution_1d deconvolution_2d deconvolution_3d '
             'deconvolution_nd deformable_convolution_2d_sampler depthwise_convolution_2d dilated_convolution_2d '
             'local_convolution_2d').split():
    OPS[name] = fn(getattr(F, name))


def pair(v):
    return v if isinstance(v, list) else [v, v]


def local(xs, a):
    """local_convolution_2d, which Chainer does not differentiate twice."""
    x, w = xs[:2]
    rows, columns, (sy, sx), (kh, kw) = w.shape[1], w.shape[2], pair(a.get('stride', 1)), w.shape[4:]
    y = F.stack([F.stack([
        F.tensordot(x[:, :, i * sy:i * sy + kh, j * sx:j * sx + kw], w[:, i, j], ((1, 2, 3), (1, 2, 3)))
        for j in range(columns)], 2) for i in range(rows)], 2)
    return y + F.broadcast_to(xs[2], y.shape) if len(xs) > 2 and xs[2] is not None else y


def deformed(xs, a):
    """deformable_convolution_2d_sampler of any float dtype, with gradients of any order: Chainer's is of float32 alone."""
    x, offset, w = xs[:3]
    (kh, kw), (rows, columns), border = w.shape[2:], offset.shape[2:], 9
    position = F.reshape(offset, (x.shape[0], 2, kh, kw, rows, columns))
    sizes = zip((1, 0), (kh, kw), (rows, columns), pair(a.get('stride', 1)), pair(a.get('pad', 0)))
    near, share = [], []
    for axis, kernel, count, stride, pad in sizes:
        base = numpy.arange(kernel)[:, None] + numpy.arange(count) * stride - pad + border
        base = base.reshape((kernel, 1, count, 1) if axis else (kernel, 1, count)).astype(x.dtype)
        place = position[:, axis] + numpy.broadcast_to(base, (x.shape[0], kh, kw, rows, columns))
        near.append(numpy.floor(place.array).astype(int))
        share.append(place - numpy.floor(place.array))
    # Zeros enough that no offset reaches beyond them.
    x = F.pad(x, ((0, 0), (0, 0), (border, border), (border, border)), 'constant')
    sample = numpy.arange(x.shape[0]).reshape(-1, 1, 1, 1, 1)
    values = 0
    for i, j in itertools.product((0, 1), (0, 1)):
        pixels = F.moveaxis(x[sample, :, near[0] + i, near[1] + j], -1, 1)
        weight = (share[0] if i else 1 - share[0]) * (share[1] if j else 1 - share[1])
        values += pixels * F.broadcast_to(weight[:, None], pixels.shape)
    y = F.moveaxis(F.tensordot(values, w, ((1, 2, 3), (1, 2, 3))), -1, 1)
    return y + F.broadcast_to(xs[3][:, None, None], y.shape) if len(xs) > 3 and xs[3] is not None else y


def convolutions(op, *calls, dtypes=None, **options):
    """Calls of an op with arrays of these shapes: the first in both dtypes, then in one and the other by turns."""
    for i, (shapes, a) in enumerate(calls):
        for dtype in dtypes or ((F32, F64) if i == 0 else (F32, F64)[i % 2:][:1]):
            case(op, [rand(s, dtype) for s in shapes], a, **options)


def refuse_all(op, *calls):
    for shapes, a in calls:
        refuse(op, [rand(s) if isinstance(s, tuple) else s for s in shapes], a)


# ---------------------------------------------------------------- convolutions
convolutions(
    'convolution_2d', ([(2, 2, 4, 3), (3, 2, 2, 2)], {}), ([(1, 2, 4, 4), (2, 2, 3, 3), (2,)], {'pad': 1}),
    ([(1, 1, 5, 4), (2, 1, 2, 3), (2,)], {'stride': [2, 1], 'pad': [0, 1]}),
    ([(1, 1, 5, 5), (1, 1, 3, 2), (1,)], {'stride': 3, 'pad': 1, 'cover_all': True}),
    ([(1, 2, 5, 4), (1, 2, 2, 2)], {'dilate': [2, 3]}), ([(1, 4, 3, 3), (4, 2, 2, 2), (4,)], {'groups': 2}),
    ([(2, 2, 2, 3), (2, 1, 1, 1)], {'groups': 2}), ([(2, 2, 2, 2), (3, 2, 1, 1), (3,)], {}),
    ([(1, 1, 2, 3), (1, 1, 1, 1)], {'stride': [1, 2]}), ([(1, 1, 1, 2), (1, 1, 1, 1)], {'pad': [1, 0]}),
    ([(3, 1, 2, 2), (2, 1, 2, 2)], {}), ([(1, 1, 2, 3), (1, 1, 2, 2)], {'stride': 2, 'pad': 1, 'dilate': 2, 'cover_all': True}))
convolutions('convolution_1d', ([(2, 2, 4), (2, 2, 3), (2,)], {'pad': 1}), ([(1, 2, 5), (2, 1, 2)], {'stride': 2, 'groups': 2, 'cover_all': True}),
             ([(1, 1, 5), (1, 1, 2), (1,)], {'stride': [1], 'dilate': [3]}))
convolutions('convolution_3d', ([(1, 2, 2, 3, 2), (2, 2, 2, 2, 2), (2,)], {}), ([(1, 2, 3, 2, 3), (2, 1, 2, 1, 2)], {'stride': [1, 2, 2], 'pad': [0, 1, 1], 'groups': 2}),
             ([(1, 1, 3, 2, 2), (1, 1, 2, 2, 1)], {'dilate': [2, 1, 1], 'cover_all': True, 'stride': 2}))
convolutions('convolution_nd', ([(2, 2, 3, 2), (2, 2, 2, 1), (2,)], {'pad': [0, 1]}), ([(1, 1, 2, 1, 3, 2), (1, 1, 1, 1, 2, 2)], {'pad': [1, 0, 0, 0]}),
             ([(2, 3), (2, 3), (2,)], {}), ([(1, 2, 4), (1, 2, 2)], {'stride': 3, 'cover_all': True}))
convolutions('dilated_convolution_2d', ([(1, 2, 4, 4), (2, 2, 2, 2), (2,)], {'dilate': 2}), ([(1, 1, 4, 5), (1, 1, 2, 2)], {'dilate': [1, 2], 'stride': 2, 'pad': 1, 'cover_all': True}),
             ([(1, 1, 2, 2), (1, 1, 2, 2)], {}))
convolutions('depthwise_convolution_2d', ([(2, 2, 3, 3), (2, 2, 2, 2), (4,)], {}), ([(1, 3, 3, 3), (1, 3, 2, 3)], {'stride': [1, 2], 'pad': 1}))

# ---------------------------------------------------------------- deconvolutions
convolutions(
    'deconvolution_2d', ([(2, 2, 2, 3), (2, 3, 2, 2)], {}), ([(1, 2, 3, 2), (2, 2, 3, 3), (2,)], {'stride': 2, 'pad': 1}),
    ([(1, 1, 2, 2), (1, 2, 3, 3), (2,)], {'stride': 2, 'outsize': [6, 6]}), ([(1, 1, 2, 2), (1, 1, 3, 3)], {'stride': 3, 'pad': 1, 'outsize': [2, 2]}),
    ([(1, 4, 2, 2), (4, 1, 2, 2), (2,)], {'groups': 2}), ([(1, 2, 2, 2), (2, 1, 2, 2)], {'dilate': [1, 2], 'stride': [2, 1]}),
    ([(2, 2, 2, 2), (2, 3, 1, 1), (3,)], {}), ([(2, 4, 1, 2), (4, 2, 1, 1)], {'groups': 2}), ([(1, 1, 2, 2), (1, 1, 1, 1)], {'stride': 2}))
convolutions('deconvolution_1d', ([(2, 2, 3), (2, 2, 2), (2,)], {'stride': 2}), ([(1, 2, 3), (2, 1, 3)], {'stride': 2, 'pad': 1, 'outsize': [6], 'groups': 2}))
convolutions('deconvolution_3d', ([(1, 2, 2, 1, 2), (2, 1, 2, 2, 1), (1,)], {'stride': [1, 2, 2]}), ([(1, 2, 1, 2, 1), (2, 1, 2, 1, 2)], {'pad': [0, 0, 0], 'dilate': [2, 1, 1], 'groups': 2}))
convolutions('deconvolution_nd', ([(1, 2, 2, 2), (2, 2, 2, 1), (2,)], {'pad': [1, 0], 'stride': 3}), ([(2, 3), (3, 2), (2,)], {}), ([(1, 1, 3), (1, 1, 2)], {'stride': 2, 'outsize': [7]}))

# ---------------------------------------------------------------- weights or places that are not alike
convolutions('local_convolution_2d', ([(2, 2, 3, 3), (2, 2, 2, 2, 2, 2), (2, 2, 2)], {}), ([(1, 1, 4, 5), (2, 2, 2, 1, 2, 3)], {'stride': 2}),
             ([(1, 2, 3, 4), (1, 1, 2, 2, 2, 1)], {'stride': [1, 2]}), ([(1, 1, 1, 1), (1, 1, 1, 1, 1, 1), (1, 1, 1)], {}), twice=local)
# Chainer's points are rounded on their way through [-1, 1]: they are not those that the offsets name.
DEFORMED = [([(1, 2, 3, 3), (1, 8, 2, 2), (2, 2, 2, 2), (2,)], {}), ([(2, 1, 4, 3), (2, 12, 2, 1), (1, 1, 3, 2)], {'stride': 2, 'pad': [1, 0]}),
            ([(1, 1, 3, 4), (1, 4, 3, 2), (2, 1, 1, 2), (2,)], {'pad': 2, 'stride': [2, 3]}), ([(1, 1, 2, 5), (1, 2, 1, 3), (1, 1, 1, 1)], {})]
convolutions('deformable_convolution_2d_sampler', *DEFORMED, dtypes=(F32,), twice=deformed, rtol=1e-4)
# Whole pixels, on the padding and on the border too.
for a in ({}, {'pad': 1}):
    case('deformable_convolution_2d_sampler', [rand((1, 1, 3, 3)), numpy.zeros((1, 8, 2, 2), F32), rand((1, 1, 2, 2))], a, gy=False)
OPS['deformable_convolution_2d_sampler'] = deformed
convolutions('deformable_convolution_2d_sampler', *DEFORMED[:3], dtypes=(F64,))
for a in ({}, {'pad': 1}):
    case('deformable_convolution_2d_sampler', [rand((1, 1, 3, 3), F64), numpy.zeros((1, 8, 2, 2), F64), rand((1, 1, 2, 2), F64)], a)
case('deformable_convolution_2d_sampler', [rand((1, 1, 1, 1)), f32([[[[0.25]], [[-0.5]]]]), rand((1, 1, 1, 1))], {})
OPS['deformable_convolution_2d_sampler'] = fn(F.deformable_convolution_2d_sampler)

# ---------------------------------------------------------------- edges
# Quarters, whose products and sums float16 holds.
quarters = lambda *shape: numpy.asarray(rng.randint(-8, 9, shape) / 4, F16)
case('convolution_2d', [quarters(1, 2, 3, 3), quarters(2, 2, 2, 2), quarters(2)], {'pad': 1}, gy=False)
case('convolution_nd', [quarters(1, 2, 4), quarters(2, 1, 2)], {'groups': 2}, gy=False)
case('deconvolution_2d', [quarters(1, 2, 2, 2), quarters(2, 2, 2, 2), quarters(2)], {'stride': 2}, gy=False)
case('local_convolution_2d', [quarters(1, 1, 3, 3), quarters(1, 2, 2, 1, 2, 2)], {}, gy=False)
# No samples, channels, results or pixels.
for dtype in (F32, F64):
    case('convolution_2d', [rand((0, 2, 3, 3), dtype), rand((2, 2, 2, 2), dtype), rand((2,), dtype)], {}, second=False)
    case('convolution_2d', [rand((1, 0, 3, 3), dtype), rand((2, 0, 2, 2), dtype), rand((2,), dtype)], {}, gy=False)
    case('convolution_2d', [rand((1, 2, 3, 3), dtype), rand((0, 2, 2, 2), dtype)], {}, gy=False)
    case('convolution_2d', [rand((1, 2, 0, 3), dtype), rand((2, 2, 2, 2), dtype), rand((2,), dtype)], {'pad': 1}, second=False)
    case('deconvolution_2d', [rand((0, 2, 3, 3), dtype), rand((2, 2, 2, 2), dtype)], {}, second=False)
    case('deconvolution_1d', [rand((1, 2, 0), dtype), rand((2, 1, 3), dtype), rand((1,), dtype)], {}, gy=False)
case('local_convolution_2d', [rand((0, 1, 3, 3)), rand((1, 2, 2, 1, 2, 2))], {}, gy=False)
case('local_convolution_2d', [rand((1, 1, 3, 3)), rand((2, 0, 2, 1, 2, 2))], {}, gy=False)
case('deformable_convolution_2d_sampler', [rand((1, 1, 3, 3)), rand((1, 8, 0, 2)), rand((2, 1, 2, 2))], {}, gy=False)
# Not numbers: where windows read them, and nowhere else; a zero weight makes an infinity one.
case('convolution_1d', [f32([[[1, nan, 2, 3, inf]]]), f32([[[0, 1]]])], {}, gy=False)
case('deconvolution_1d', [f32([[[1, inf, 2]]]), f32([[[1, 0]]])], {}, gy=False)
case('deformable_convolution_2d_sampler', [rand((1, 1, 3, 3)), f32([[[[9, -9, 0.5]], [[0.5, 0.5, 1e9]]]]), rand((1, 1, 1, 1))], {'stride': 1}, gy=False)

# ---------------------------------------------------------------- refusals
x, w = (1, 2, 4, 4), (2, 2, 2, 2)
refuse_all(
    'convolution_2d', ([(2, 4, 4), w], {}), ([x, (2, 2, 2)], {}), ([x, (2, 3, 2, 2)], {}), ([x, w, (3,)], {}), ([x, w, (1, 2)], {}), ([x, (2, 2, 5, 2)], {}),
    ([x, w], {'dilate': 4}), ([x, w], {'dilate': 0}), ([x, w], {'stride': [1]}), ([x, w], {'pad': [1, 1, 1]}), ([x, w], {'pad': -1}), ([x, w], {'stride': -1}),
    ([x, w], {'groups': 2}), ([x, (3, 1, 2, 2)], {'groups': 2}), ([x, w], {'groups': 0}), ([(1, 3, 4, 4), (2, 1, 2, 2)], {'groups': 2}),
    ([ints(numpy.ones((1, 1, 2, 2))), ints(numpy.ones((1, 1, 2, 2)))], {}), ([(1, 2, 0, 4), w], {}), ([x, w, ()], {}))
nonsense('convolution_2d', [rand(x), rand((2, 2, 0, 2))], {}, 'sums over windows of nothing')
nonsense('convolution_2d', [rand(x), rand(w)], {'stride': 0}, 'divides by zero')
refuse_all('convolution_1d', ([x, w], {}), ([(1, 2, 4), w], {}), ([(1, 2, 4), (2, 1, 2)], {}), ([(1, 2), (2, 2)], {}))
refuse_all('convolution_3d', ([x, w], {}), ([(1, 2, 2, 2, 2), (2, 2, 3, 2, 2)], {}))
refuse_all('convolution_nd', ([(2,), (2,)], {}), ([(), ()], {}), ([x, (2, 2, 2)], {}), ([x, w], {'stride': [1, 1, 1]}), ([(1, 3, 4), (2, 2, 2)], {}), ([(1, 4, 4), (2, 1, 2)], {'groups': 2}))
refuse_all('dilated_convolution_2d', ([x, w], {'dilate': 0}), ([x, w], {'dilate': [1, 4]}), ([(2, 4, 4), w], {}), ([x, (2, 3, 2, 2)], {}), ([x, w], {'dilate': [1]}))
refuse_all('depthwise_convolution_2d', ([x, (2, 3, 2, 2)], {}), ([x, w, (2,)], {}), ([x, (2, 2, 2)], {}), ([(2, 4, 4), w], {}), ([x, (1, 2, 5, 2)], {}), ([(1, 0, 3, 3), (2, 0, 2, 2)], {}))
x = (1, 2, 2, 2)
refuse_all(
    'deconvolution_2d', ([(2, 2, 2), w], {}), ([x, (2, 2, 2)], {}), ([x, (3, 2, 2, 2)], {}), ([x, w, (3,)], {}), ([x, w], {'pad': 2}), ([x, w], {'outsize': [3, 4]}),
    ([x, w], {'stride': 2, 'outsize': [2, 4]}), ([x, w], {'stride': 2, 'outsize': [6, 4]}), ([x, w], {'outsize': [3]}), ([x, w], {'outsize': [3, -3]}), ([x, w], {'dilate': 0}),
    ([(1, 3, 2, 2), (3, 1, 2, 2)], {'groups': 2}), ([x, w], {'pad': [1, 1, 1]}), ([x, w, (2, 1)], {}), ([x, w], {'outsize': 3}))
nonsense('deconvolution_2d', [rand(x), rand(w), rand((1,))], {}, 'broadcasts a bias of another length')
nonsense('deconvolution_2d', [rand(x), rand(w)], {'stride': 0}, 'divides by zero')
refuse_all('deconvolution_1d', ([x, w], {}), ([(1, 2, 2), (2, 1, 2)], {'outsize': [4]}))
refuse_all('deconvolution_3d', ([x, w], {}))
refuse_all('deconvolution_nd', ([(2,), (2,)], {}), ([x, (2, 2, 2)], {}), ([x, w], {'outsize': [3]}), ([x, w], {'stride': [1]}), ([(1, 2, 1), (2, 1, 1)], {'pad': 1}))
x, w = (1, 2, 3, 3), (2, 2, 2, 2, 2, 2)
refuse_all('local_convolution_2d', ([(2, 3, 3), w], {}), ([x, (2, 2, 2, 2, 2)], {}), ([x, (2, 2, 2, 1, 2, 2)], {}), ([x, (2, 3, 2, 2, 2, 2)], {}), ([x, w], {'stride': 2}), ([x, w, (2,)], {}),
           ([x, w, (2, 2, 1)], {}), ([x, w], {'stride': [1, 1, 1]}), ([x, (2, 2, 2, 2, 0, 2)], {}), ([ints(numpy.ones(x)), ints(numpy.ones(w))], {}))
x, offset, w = (1, 2, 3, 3), (1, 8, 2, 2), (1, 2, 2, 2)
refuse_all('deformable_convolution_2d_sampler', ([(2, 3, 3), offset, w], {}), ([x, (1, 4, 2, 2), w], {}), ([x, (2, 8, 2, 2), w], {}), ([x, (1, 8, 2), w], {}), ([x, offset, (1, 1, 2, 2)], {}),
           ([x, offset, (2, 2, 2)], {}), ([x, offset, w, (2,)], {}), ([x, offset, w], {'pad': -2}), ([x, offset, w], {'stride': [1]}), ([x, offset, w, ()], {}))

write(__file__)
