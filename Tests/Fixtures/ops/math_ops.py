# The functions of chainer/functions/math that are not element by element. See oracle.py.
import numpy
import chainer.functions as F
from chainer import Variable
from oracle import *

for name in ('batch_det batch_inv batch_l2_norm_squared batch_matmul bias cholesky cumprod cumsum det inv linear_interpolate prod '
             'scale tensordot').split():
    OPS[name] = fn(getattr(F, name))
OPS.update({
    'einsum': lambda xs, a: F.einsum(a['subscripts'], *xs),
    'fft': lambda xs, a: F.fft(xs),
    'ifft': lambda xs, a: F.ifft(xs),
    # Chainer's is of float32 alone.
    'batch_matmul': lambda xs, a: F.matmul(*[F.expand_dims(x, 2) if x.ndim == 2 else x for x in xs], **a),
})


def regular(shape, dtype=F32):
    """Matrices far from singular."""
    return numpy.asarray(rand(shape, dtype, -1, 1) + 2.5 * numpy.eye(shape[-1])[::-1], dtype)


def definite(n, dtype=F32):
    """A symmetric matrix, positive definite."""
    a = rand((n, n), F64, -1, 1)
    return numpy.asarray(numpy.round(a.dot(a.T) + numpy.eye(n), 2), dtype)


# ---------------------------------------------------------------- determinants, inverses, Cholesky factors
for dtype in (F32, F64):
    for n in (1, 2, 3):
        case('det', [regular((n, n), dtype)]), case('inv', [regular((n, n), dtype)])
    for shape in [(1, 1, 1), (2, 2, 2), (1, 3, 3)]:
        case('batch_det', [regular(shape, dtype)]), case('batch_inv', [regular(shape, dtype)])
    for n in (1, 2, 3):
        case('cholesky', [definite(n, dtype)])
    x = regular((6, 6), dtype)
    case('det', [x], gy=False), case('inv', [x], gy=False), case('cholesky', [definite(6, dtype)], gy=False)
for op in ('det', 'inv', 'cholesky'):
    case(op, [numpy.zeros((0, 0), F32)], gy=False)
    case(op, [f32([[nan, nan], [nan, nan]])], gy=False)
    refuse(op, [rand((2, 3))]), refuse(op, [rand((2,))]), refuse(op, [rand(())]), refuse(op, [rand((2, 2, 2))])
    refuse(op, [ints([[1, 2], [3, 5]])])
for op in ('batch_det', 'batch_inv'):
    case(op, [numpy.zeros((0, 2, 2), F32)], gy=False), case(op, [numpy.zeros((2, 0, 0), F64)], gy=False)
    refuse(op, [rand((2, 3, 2))]), refuse(op, [rand((2, 2))]), refuse(op, [rand((1, 2, 2, 2))])
    refuse(op, [ints([[[1, 2], [3, 5]]])])
case('det', [f32([[1, 2], [2, 4]])], gy=False), case('det', [f64([[0, 0], [0, 0]])], gy=False)
case('det', [f64([[0, 1], [1, 0]])]), case('inv', [f64([[0, 2], [4, 0]])])
case('det', [f64(numpy.diag([1e200, 1e200, 1e-200, 1e-200]))], gy=False)
case('det', [f64(numpy.diag([1e200, -1e200]))], gy=False), case('det', [f32(numpy.diag([1e-30, 1e-30]))], gy=False)
case('batch_det', [f32([[[1, 2], [2, 4]], [[0, 1], [1, 0]]])], gy=False)
refuse('inv', [f32([[1, 2], [2, 4]])]), refuse('inv', [f64([[0]])]), refuse('batch_inv', [f32([[[1, 0], [0, 1]], [[1, 1], [1, 1]]])])
case('cholesky', [f64([[4, 99], [2, 3]])], gy=False)  # only the lower triangle is read
refuse('cholesky', [f32([[1, 2], [2, 1]])]), refuse('cholesky', [f32([[0]])]), refuse('cholesky', [f64([[-1]])])

# ---------------------------------------------------------------- sums of products
for a, b, args, dtype in [((2, 2, 3), (2, 3, 2), {}, F32), ((2, 1, 3), (2, 3, 2), {}, F64), ((2, 2, 3), (2, 3), {}, F32),
                          ((2, 3), (2, 1, 2), {}, F64), ((2, 3), (2, 3), {'transa': True}, F32), ((2, 3), (2, 3), {'transb': True}, F64),
                          ((2, 3, 2), (2, 3), {'transa': True}, F32), ((2, 2, 3), (2, 1, 3), {'transb': True}, F32),
                          ((1, 3, 2), (1, 2, 3), {'transa': True, 'transb': True}, F64), ((1, 2, 2), (3, 2, 1), {}, F32), ((0, 2, 3), (0, 3, 1), {}, F32)]:
    case('batch_matmul', [rand(a, dtype), rand(b, dtype)], args)
OPS['batch_matmul'] = fn(F.batch_matmul)
case('batch_matmul', [rand((2, 2, 2)), rand((2, 2, 1))]), case('batch_matmul', [rand((2, 2)), rand((2, 2))], {'transa': True})
for a, b, args in [((2, 3), (2, 3), {}), ((2, 2, 3), (2, 2, 3), {}), ((3, 2, 3), (2, 3), {}), ((2,), (2,), {}), ((2, 2), (), {}),
                   ((2, 2, 3), (2, 3), {'transb': True}), ((1, 2, 2, 2), (2, 2, 2), {})]:
    refuse('batch_matmul', [rand(a), rand(b)], args)
refuse('batch_matmul', [ints([[[1]]]), ints([[[1]]])])

for i, (a, b, args) in enumerate([((2, 3), (2, 3), {}), ((3, 2, 2), (2, 2, 2), {}), ((2, 3), (3, 2), {'axes': 1}), ((2,), (3,), {'axes': 0}), ((), (), {'axes': 0}),
                                  ((2, 3), (2, 3), {'axes': [1, 1]}), ((2, 3), (3, 1), {'axes': [[1], [0]]}), ((2, 3, 2), (3, 2, 1), {'axes': [[1, 0], [0, 1]]}),
                                  ((2, 3, 2), (2, 2), {'axes': [[0, 2], [1, 0]]}), ((2, 2), (2, 2), {'axes': [[], []]}), ((2, 3, 1), (2, 2, 3), {'axes': [1, 2]}),
                                  ((2, 0), (0, 2), {'axes': 1}), ((0, 2), (2, 3), {'axes': 1}), ((3,), (3,), {'axes': 1})]):
    case('tensordot', [rand(a, F64 if i % 3 == 1 else F32), rand(b, F64 if i % 3 == 1 else F32)], args)
OPS['tensordot'] = lambda xs, a: F.tensordot(xs[0], xs[1], axes=[numpy.arange(x.ndim)[e].tolist() for x, e in zip(xs, a['axes'])])
case('tensordot', [rand((2, 3)), rand((2, 3))], {'axes': [[-1], [-1]]})  # Chainer's gradients know no negative axes
case('tensordot', [rand((2, 3, 2), F64), rand((3, 2), F64)], {'axes': [[-2, -1], [0, 1]]})
OPS['tensordot'] = fn(F.tensordot)
for a, b, args in [((2, 3), (2, 3), {'axes': 1}), ((2, 3), (2, 3), {'axes': 3}), ((2, 3), (2, 3), {'axes': [[0, 1], 1]}), ((), (2,), {'axes': 1}),
                   ((2, 2), (2, 2), {'axes': [[0, 0], [0, 1]]}), ((2, 2), (2, 2), {'axes': [[0, 2], [0, 1]]}), ((2, 3), (2, 3), {'axes': [[1]]}),
                   ((2, 3), (2, 3), {'axes': [[0], [0], [0]]}), ((2, 3), (1, 3), {'axes': [[0], [0]]}), ((2, 3), (3, 2), {})]:
    refuse('tensordot', [rand(a), rand(b)], args)
refuse('tensordot', [ints([1]), ints([1])], {'axes': 1})
nonsense('tensordot', [rand((2,)), rand((2,))], {'axes': -1}, 'takes negative numbers for 0')

for i, (subscripts, shapes) in enumerate([
        ('ij,jk->ik', [(2, 3), (3, 2)]), ('ij,jk', [(2, 3), (3, 2)]), ('ij,kj', [(2, 3), (2, 3)]), ('bij,bjk->bik', [(2, 2, 3), (2, 3, 1)]),
        ('i,i', [(3,), (3,)]), ('i,i->i', [(3,), (3,)]), ('i,j->ij', [(2,), (3,)]), ('i,j->ji', [(2,), (3,)]), ('i,j->', [(2,), (3,)]),
        ('ij->ji', [(2, 3)]), ('ba', [(2, 3)]), ('bA', [(2, 3)]), ('i->', [(3,)]), ('ij->j', [(2, 3)]), ('ij->', [(2, 3)]), ('', [()]), ('->', [()]), (',', [(), ()]),
        ('ii', [(3, 3)]), ('ii->i', [(3, 3)]), ('iij->ij', [(2, 2, 3)]), ('iji->j', [(2, 3, 2)]), ('iii->i', [(2, 2, 2)]), ('ijij->ij', [(2, 2, 2, 2)]),
        ('ii,ij->j', [(2, 2), (2, 3)]), ('ii,jj->ij', [(2, 2), (2, 2)]), ('ij,ij->', [(2, 3), (2, 3)]), ('ij,ij->i', [(2, 3), (2, 3)]),
        ('ijk,j->ik', [(2, 3, 2), (3,)]), ('ij,k->i', [(2, 3), (2,)]), ('ij,jk,kl->il', [(2, 3), (3, 2), (2, 2)]), ('i,i,i->i', [(3,), (3,), (3,)]),
        ('ij,ik,jkl->il', [(2, 2), (2, 3), (2, 3, 2)]), ('i,j,k->kji', [(2,), (1,), (2,)]), ('a,b,ab->', [(2,), (3,), (2, 3)]),
        ('...', [(2, 3)]), ('...->...', [()]), ('...i->i...', [(2, 3)]), ('i...->...', [(2, 3)]), ('...ij,...jk->...ik', [(2, 2, 3), (2, 3, 1)]),
        ('...i,...i->...', [(2, 3), (2, 3)]), ('...i,i->...i', [(2, 3), (3,)]), ('a...b->b...a', [(2, 2, 3)]), ('...,...', [(3,), (3,)]),
        ('...j,...k,jkl', [(2, 2), (2, 2), (2, 2, 1)]), ('i...i->...', [(2, 3, 2)]), ('...i->i', [(3,)]),
        (' i j , j k -> k i ', [(2, 3), (3, 2)]), ('ij,ij->ij', [(0, 3), (0, 3)]), ('ij->j', [(0, 3)]), ('ij,jk->ik', [(2, 0), (0, 2)]), ('ii', [(0, 0)])]):
    dtype = F64 if i % 4 == 1 else F32
    case('einsum', [rand(shape, dtype) for shape in shapes], {'subscripts': subscripts})
case('einsum', [rand(())], {'subscripts': '...->'}, gy=False)  # Chainer's gradient fails
for subscripts, shapes in [
        ('i->ii', [(2,)]), ('...->', [(2, 3)]), ('...i->i', [(2, 3)]), ('...i,...i->...', [(2, 3), (3,)]), ('i,i->i', [(2,), (1,)]), ('ij->i', [(2,)]),
        ('i->i', [(2, 3)]), ('i..j', [(2, 3)]), ('i....j', [(2, 3)]), ('i......j', [(2, 3)]), ('ij->k', [(2, 3)]), ('ij->ij->i', [(2, 3)]), ('ij-i', [(2, 3)]),
        ('i>', [(2,)]), ('i1', [(2, 3)]), ('ij,jk', [(2, 3)]), ('ij', [(2, 3), (2, 3)]), ('...a...', [(2, 4, 3)]), ('ij->...ij', [(2, 3)]), ('i...->......', [(2, 3)]),
        ('', [(2,)]), ('ii', [(2, 3)]), ('ij,jk->ik', [(2, 3), (2, 3)]), ('i,', [(2,)]), ('i\t', [(2,)]), ('ij...', [(2,)]), ('i->,', [(2,)]), ('i;j', [(2, 3)])]:
    refuse('einsum', [rand(shape) for shape in shapes], {'subscripts': subscripts})
refuse('einsum', [ints([[1]]), ints([[1]])], {'subscripts': 'ij,jk->ik'})

# ---------------------------------------------------------------- products, cumulative sums and products
PROD = [((), {}), ((3,), {}), ((3,), {'axis': 0}), ((2, 3), {}), ((2, 3), {'axis': 1}), ((2, 3), {'axis': -2, 'keepdims': True}), ((2, 3), {'axis': [0, 1]}),
        ((2, 2, 2), {'axis': [2, 0]}), ((2, 2, 2), {'axis': 1}), ((2, 1, 2), {'axis': [0, -1], 'keepdims': True}), ((2, 3), {'axis': []}), ((2, 3), {'keepdims': True}),
        ((2, 0), {'axis': 1}), ((0,), {}), ((0, 2), {'axis': 1}), ((1,), {'axis': 0})]
for i, (shape, args) in enumerate(PROD):
    case('prod', [rand(shape, F64 if i % 3 == 1 else F32)], args)
for op in ('prod', 'cumprod'):  # zeros
    case(op, [f32([2, 0, 3, -1.5])]), case(op, [f64([2, 0, 3, 0])]), case(op, [f32([0, 0, 0])])
    case(op, [f64([[0, 2], [1.5, 0], [3, 0]])], {'axis': 0})
    case(op, [f32([nan, 2, inf])], second=False), case(op, [f32([1e30, 1e30, 0])], second=False)
for op in ('cumsum', 'cumprod'):
    for i, (shape, args) in enumerate([((), {}), ((3,), {}), ((3,), {'axis': 0}), ((2, 3), {}), ((2, 3), {'axis': 0}), ((2, 3), {'axis': 1}), ((2, 3), {'axis': -2}),
                                       ((2, 3, 2), {'axis': 1}), ((2, 1), {'axis': 1}), ((1,), {'axis': 0}), ((2, 2, 2), {'axis': None}), ((0,), {}), ((2, 0), {'axis': 1}),
                                       ((0, 2), {'axis': 1}), ((2, 3), {'axis': -1})]):
        case(op, [rand(shape, F64 if i % 3 == 1 else F32)], args, second=op == 'cumsum' or 0 not in shape)
    refuse(op, [rand((2, 3))], {'axis': 2}), refuse(op, [rand((2, 3))], {'axis': -3}), refuse(op, [rand(())], {'axis': 0})
    refuse(op, [rand((2, 3))], {'axis': [0]}), refuse(op, [ints([1, 2])])
case('cumsum', [f32([1, inf, -inf, 2])]), case('cumsum', [f32([nan, 1])])
refuse('prod', [rand((2, 3))], {'axis': 2}), refuse('prod', [rand((2, 3))], {'axis': [0, 0]}), refuse('prod', [rand((2, 3))], {'axis': [1, -1]})
refuse('prod', [rand(())], {'axis': 0}), refuse('prod', [ints([1, 2])])
for shape, dtype in [((2, 3), F32), ((2, 3), F64), ((1, 1), F32), ((2, 2, 2), F32), ((3, 1, 2), F64), ((2, 0), F32)]:
    case('batch_l2_norm_squared', [rand(shape, dtype)])
refuse('batch_l2_norm_squared', [rand((2,))]), refuse('batch_l2_norm_squared', [rand(())]), refuse('batch_l2_norm_squared', [ints([[1]])])

# ---------------------------------------------------------------- bias, scale, linear_interpolate
for i, (x, y, args) in enumerate([((2, 3), (3,), {}), ((2, 3), (2,), {'axis': 0}), ((2, 3), (2, 3), {'axis': 0}), ((2, 3), (), {}), ((2, 3), (), {'axis': 2}),
                                  ((2, 3, 2, 1), (3, 2), {}), ((2, 3, 2), (2,), {'axis': 2}), ((2, 3), (1,), {}), ((2, 2, 2), (2, 1), {'axis': 0}),
                                  ((), (), {'axis': 0}), ((0, 3), (3,), {}), ((1, 3), (3,), {'axis': 1})]):
    for op in ('bias', 'scale'):
        dtype = F64 if i % 3 == 1 else F32
        case(op, [rand(x, dtype), rand(y, dtype)], args)
for op in ('bias', 'scale'):
    for x, y, args in [((2, 3), (2,), {}), ((2, 3), (2, 3), {}), ((2, 3), (3,), {'axis': -1}), ((2, 3), (3,), {'axis': 2}), ((), (), {}), ((1, 3), (2,), {'axis': 0}),
                       ((3,), (1, 3), {'axis': 0})]:
        refuse(op, [rand(x), rand(y)], args)
    refuse(op, [rand((2, 3)), rand((3,), F64)])
case('bias', [ints([[1, 2], [3, 4]]), ints([10, 20])])
for shape, dtype in [((), F32), ((3,), F64), ((2, 3), F32), ((1, 2, 1), F64), ((0, 2), F32)]:
    case('linear_interpolate', [rand(shape, dtype, 0, 1), rand(shape, dtype), rand(shape, dtype)])
for shapes in [((2,), (2,), (1,)), ((2,), (), (2,)), ((1,), (2,), (2,))]:
    refuse('linear_interpolate', [rand(shape) for shape in shapes])
refuse('linear_interpolate', [rand((2,)), rand((2,), F64), rand((2,))]), refuse('linear_interpolate', [ints([1]), ints([1]), ints([1])])

# ---------------------------------------------------------------- Fourier transforms
for op in ('fft', 'ifft'):
    for i, n in enumerate([1, 2, 3, 4, 5]):
        shape = (2, n) if n < 4 else (n,)
        case(op, [rand(shape, F64 if i % 2 else F32), rand(shape, F64 if i % 2 else F32)])
    for n in (6, 7, 8, 16, 31, 37, 74):
        x = rand((n,), F64), rand((n,), F64)
        case(op, list(x), gy=False)
    case(op, [rand((0, 3)), rand((0, 3))], gy=False), case(op, [rand((2, 1, 3)), rand((2, 1, 3))])
    case(op, [rand((4,)), rand((4,))], skip_gy=(0,)), case(op, [rand((3,), F64), rand((3,), F64)], skip_gy=(1,))
    for shapes in [((0,), (0,)), ((2, 0), (2, 0)), ((), ()), ((2,), (3,)), ((2,), (1,)), ((2,), ()), ((2,),), ((2,), (2,), (2,))]:
        refuse(op, [rand(shape) for shape in shapes])
    refuse(op, [rand((2,)), rand((2,), F64)]), refuse(op, [ints([1, 2]), ints([1, 2])])

write(__file__)
