# Activation functions: chainer/functions/activation. See oracle.py.
import numpy
import chainer
import chainer.functions as F
from oracle import *


def rrelu(xs, a):
    a = dict(a)
    with chainer.using_config('train', a.pop('train', True)):
        return F.rrelu(xs[0], r=xs[1].array if len(xs) > 1 and xs[1] is not None else None, **a)


for name in 'clipped_relu crelu elu hard_sigmoid leaky_relu maxout prelu relu6 selu softplus swish'.split():
    OPS[name] = fn(getattr(F, name))
OPS['rrelu'] = rrelu

SHAPES = [((), F32), ((3,), F64), ((2, 3), F32), ((1, 2, 2), F64), ((0,), F32)]
for op, argument, values in [('clipped_relu', 'z', (1.1, 0.5, 20.0)), ('elu', 'alpha', (0.5, 2, -0.5, 0)), ('leaky_relu', 'slope', (0.1, 0, -0.5, 1.5)),
                             ('softplus', 'beta', (0.5, 3, -2)), ('relu6', None, ()), ('hard_sigmoid', None, ()), ('selu', 'alpha', (0.7,))]:
    lo, hi = {'relu6': (-3, 9), 'hard_sigmoid': (-4, 4)}.get(op, (-2.5, 2.5))
    for shape, dtype in SHAPES:
        case(op, [apart(shape, dtype, lo, hi)])
    for i, value in enumerate(values):
        case(op, [apart((2, 3), F64 if i % 2 else F32, lo, hi)], {argument: value})
    refuse(op, [ints([1, 2])]), refuse(op, [bools([True])])
    case(op, [f32([0.0, -0.0])])
    # Chainer's gradient of softplus is inf/inf at large x.
    case(op, [f32([inf, -inf, nan, 100, -100])], gy=op != 'softplus', second=False)
case('selu', [rand((2, 2))], {'alpha': 1.5, 'scale': 0.5})
case('clipped_relu', [f32([1.5, 3, 0, -1])], {'z': 1.5}), case('relu6', [f32([6, 0, 7])]), case('hard_sigmoid', [f32([2.5, -2.5, 2.4])])
for z in (0.0, -1.0, nan):
    refuse('clipped_relu', [rand((2,))], {'z': z})
case('softplus', [f64([700, -700, 30, -30])], gy=False), case('softplus', [f32([50, -50, 1e-3])], {'beta': 10}, gy=False)
nonsense('softplus', [rand((2,))], {'beta': 0}, 'fails with ZeroDivisionError')

# ---------------------------------------------------------------- crelu, maxout
for shape, args, dtype in [((2, 3), {}, F32), ((2, 3), {'axis': 0}, F64), ((3,), {'axis': 0}, F32), ((2, 1, 2), {'axis': -1}, F32), ((2, 3), {'axis': -2}, F64), ((0, 2), {}, F32)]:
    case('crelu', [apart(shape, dtype)], args)
case('crelu', [f32([[0.0, -0.0, 1]])]), case('crelu', [f32([[nan, inf, -inf]])], second=False)
refuse('crelu', [rand((3,))]), refuse('crelu', [rand((2, 3))], {'axis': 2}), refuse('crelu', [rand((2, 3))], {'axis': -3}), refuse('crelu', [rand(())], {'axis': 0})
refuse('crelu', [ints([[1, 2]])])
for shape, args, dtype in [((2, 4), {'pool_size': 2}, F32), ((2, 4), {'pool_size': 4}, F64), ((2, 3), {'pool_size': 1}, F32), ((4, 2), {'pool_size': 2, 'axis': 0}, F64),
                           ((2, 1, 4), {'pool_size': 2, 'axis': 2}, F32), ((2, 6, 2), {'pool_size': 3}, F32), ((2, 0), {'pool_size': 2}, F32)]:
    case('maxout', [apart(shape, dtype)], args)
case('maxout', [f32([[1, 1, 2, 3]])], {'pool_size': 2}, second=False)  # equal ones all get the gradient
OPS['maxout'] = lambda xs, a: F.maxout(xs[0], a['pool_size'], a['axis'] + xs[0].ndim)
case('maxout', [apart((2, 4))], {'pool_size': 2, 'axis': -1})  # Chainer's knows no negative axes
OPS['maxout'] = fn(F.maxout)
refuse('maxout', [rand((2, 3))], {'pool_size': 2}), refuse('maxout', [rand((2, 4))], {'pool_size': 0}), refuse('maxout', [rand((2, 4))], {'pool_size': -2})
refuse('maxout', [rand((4,))], {'pool_size': 2}), refuse('maxout', [rand((2, 4))], {'pool_size': 2, 'axis': 2}), refuse('maxout', [ints([[1, 2]])], {'pool_size': 2})
refuse('maxout', [rand((2, 4))], {'pool_size': 8}), refuse('maxout', [rand(())], {'pool_size': 1, 'axis': 0})

# ---------------------------------------------------------------- prelu, swish
for op in ('prelu', 'swish'):
    for i, (x, w) in enumerate([((2, 3), (3,)), ((2, 3), ()), ((3,), ()), ((2, 3, 2), (3,)), ((2, 2, 2), (2, 2)), ((1, 3, 1), (3,)), ((0, 2), (2,))]):
        for dtype in (F32, F64) if i < 2 else (F32,):
            case(op, [apart(x, dtype), rand(w, dtype)])
    for x, w in [((2, 3), (2,)), ((2, 3), (1,)), ((2, 3), (3, 1)), ((2, 3), (2, 3)), ((), ()), ((3,), (3,)), ((2, 2, 3), (3,))]:
        refuse(op, [rand(x), rand(w)])
    refuse(op, [rand((2, 3)), rand((3,), F64)]), refuse(op, [ints([[1]]), ints([1])])
case('prelu', [f32([[0.0, -0.0, 1]]), f32([0.5, 2, 3])]), case('prelu', [f32([[nan, inf, -inf]]), f32([0.5, 2, 3])], second=False)
case('swish', [f32([[100, -100, 0]]), f32([2, 2, 3])], second=False)

# ---------------------------------------------------------------- rrelu
for i, (shape, args) in enumerate([((2, 3), {}), ((3,), {'l': 0.1, 'u': 0.5}), ((), {}), ((2, 1, 2), {'l': 0.0, 'u': 0.9}), ((0,), {})]):
    dtype = F64 if i % 2 else F32
    case('rrelu', [apart(shape, dtype), rand(shape, dtype, 0.1, 0.9)], args)
    case('rrelu', [apart(shape, dtype), rand(shape, dtype, 0.1, 0.9)], dict(args, return_r=True), skip_gy=(1,))
    case('rrelu', [apart(shape, dtype)], dict(args, train=False))
    case('rrelu', [apart(shape, dtype)], dict(args, train=False, return_r=True), skip_gy=(1,))
case('rrelu', [apart((2, 3)), rand((2, 3), F32, 0.1, 0.9)], {'train': False})
case('rrelu', [f32([0.0, -0.0, inf, nan]), f32([0.5, 0.5, 0.5, 0.5])], second=False)
for args in ({'l': -0.1}, {'l': 1.0}, {'u': 1.0}, {'u': 1.5}, {'l': 0.5, 'u': 0.5}, {'l': 0.5, 'u': 0.2}, {'l': nan}, {'u': nan}, {'l': -1.0, 'train': False}):
    refuse('rrelu', [rand((2,))], args)
refuse('rrelu', [rand((2,)), rand((1,))]), refuse('rrelu', [rand((2,)), rand((2,), F64)]), refuse('rrelu', [ints([1])])

write(__file__)
