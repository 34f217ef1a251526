# Functions that draw numbers: chainer/functions/noise. Where what is drawn is no input, the cases are those where it makes
# no difference; the rest is for tests of the engine. See oracle.py.
import chainer
import chainer.functions as F
from oracle import *


def array(x):
    return None if x is None else x.array


def gaussian(xs, a):
    return F.gaussian(xs[0], xs[1], eps=array(xs[2]) if len(xs) > 2 else None, **a)


def dropconnect(xs, a):
    x, w, b, mask = list(xs) + [None] * (4 - len(xs))
    return F.simplified_dropconnect(x, w, b, mask=array(mask), **a)


def zoneout(xs, a):
    a = dict(a)
    with chainer.using_config('train', a.pop('train', True)):
        return F.zoneout(*xs, **a)


OPS.update({'gaussian': gaussian, 'simplified_dropconnect': dropconnect, 'zoneout': zoneout, 'gumbel_softmax': fn(F.gumbel_softmax)})

for shape in [(), (3,), (2, 3), (2, 0)]:
    for dtype in (F32, F64):
        case('gaussian', [rand(shape, dtype), rand(shape, dtype), rand(shape, dtype)])
case('gaussian', [rand((3,)), rand((3,)), rand((3,))], {'return_eps': True}, skip_gy=(1,))
case('gaussian', [rand((3,)), f32([-inf, -1e4, -200])], gy=False)  # no variance
for mean, var in [((3,), (2,)), ((3,), (1,)), ((2, 3), (3,))]:
    refuse('gaussian', [rand(mean), rand(var)])
refuse('gaussian', [rand((2,)), rand((2,), F64)]), refuse('gaussian', [ints([1]), ints([1])]), refuse('gaussian', [rand((2,))])
refuse('gaussian', [rand((2,)), rand((2,)), rand((3,))])
nonsense('gaussian', [rand((2,)), rand((2,)), rand((2, 2))], {}, 'broadcasts')

for dtype in (F32, F64):
    case('gumbel_softmax', [rand((), dtype)]), case('gumbel_softmax', [rand((2, 1), dtype)], {'tau': 0.5})
    case('gumbel_softmax', [rand((1, 2), dtype)], {'axis': 0})
for shape, args in [((3,), {}), ((2, 3), {'axis': 2}), ((2, 3), {'axis': -3}), ((2, 3), {'axis': 0.5}), ((2, 3), {'tau': 'x'})]:
    refuse('gumbel_softmax', [rand(shape)], args)
refuse('gumbel_softmax', [ints([[1, 2]])]), refuse('gumbel_softmax', [rand((2, 0))])

sd = 'simplified_dropconnect'
for x, m, args in [((2, 3), 2, {}), ((3, 2, 2), 1, {'ratio': 0.2}), ((2, 2), 3, {'train': False})]:
    n, k = x[0], int(numpy.prod(x[1:]))
    for dtype in (F32, F64):
        case(sd, [rand(x, dtype), rand((m, k), dtype), rand((m,), dtype), rng.uniform(size=(n, m, k)) < 0.5], args)
        case(sd, [rand(x, dtype), rand((m, k), dtype), None, rng.uniform(size=(m, k)) < 0.5], dict(args, use_batchwise_mask=False))
    case(sd, [rand(x), rand((m, k)), rand((m,))], {'ratio': 0.0}), case(sd, [rand(x), rand((m, k))], {'train': False, 'use_batchwise_mask': False})
case(sd, [rand((2, 2)), rand((1, 2)), rand((1,)), f32([[[0.5, 2]], [[1, 0]]])])
case(sd, [rand((2, 2)), rand((1, 2), F64), rand((1,)), bools([[[True, False]], [[True, True]]])], gy=False)
case(sd, [rand((0, 2)), rand((1, 2)), rand((1,))])
for x, w, b in [((2, 3), (2, 2), (2,)), ((3,), (2, 3), (2,)), ((2, 3), (6,), (2,)), ((2, 3), (2, 3), (3,)), ((2, 3), (2, 3), (2, 1)), ((2, 3), (2, 3, 1), (2,))]:
    refuse(sd, [rand(x), rand(w), rand(b)])
refuse(sd, [rand((2, 3)), rand((2, 3)), rand((2,), F64)]), refuse(sd, [ints([[1]]), rand((1, 1))]), refuse(sd, [rand((2, 3)), rand((2, 3))], {'ratio': 'x'})
refuse(sd, [rand((2, 3)), rand((2, 3)), None, rand((2, 3))]), refuse(sd, [rand((2, 3)), rand((2, 3)), None, rand((2, 2, 3))], {'use_batchwise_mask': False})
refuse(sd, [rand((2, 3)), rand((2, 3)), None, rand((3, 2, 3))])
for ratio in (1.0, -0.5, 1.5):
    nonsense(sd, [rand((2, 3)), rand((2, 3))], {'ratio': ratio}, 'divides by zero, or leaves nothing')

for dtype in (F32, F64):
    case('zoneout', [rand((2, 3), dtype), rand((2, 3), dtype)], {'ratio': 0.0}), case('zoneout', [rand((2, 3), dtype), rand((2, 3), dtype)], {'ratio': 1.0})
    case('zoneout', [rand((2, 3), dtype), rand((2, 3), dtype)], {'train': False})
refuse('zoneout', [rand((2,)), rand((3,))]), refuse('zoneout', [rand((2,))]), refuse('zoneout', [rand((2,)), rand((2,))], {'ratio': 'x'})

write(__file__)
