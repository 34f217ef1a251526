# The functions that move elements: chainer/functions/array. See oracle.py.
import numpy
import chainer.functions as F
from oracle import *

OPS.update({
    'scatter_add': lambda xs, a: F.scatter_add(xs[0], index(a['slices']), xs[1]),
    'select_item': lambda xs, a: F.select_item(xs[0], xs[1]),
})

# ---------------------------------------------------------------- scatter_add, select_item
for shape, part, slices in [((4,), (2,), '1:3'), ((4,), (), '0'), ((3, 4), (2, 4), [[0, 2]]), ((3, 4), (3, 4), [[1, 1, 0]]),
                            ((3, 4), (3, 2), '..., ::2'), ((4,), (4,), '::-1'), ((3, 4), (2,), [[0, 0], [1, 1]])]:
    for dtype in (F32, F64):
        case('scatter_add', [rand(shape, dtype), rand(part, dtype)], {'slices': slices})
refuse('scatter_add', [rand((3,)), rand((2,))], {'slices': '0:1'}), refuse('scatter_add', [rand((3,)), rand((1,))], {'slices': [[3]]})
for shape, t in [((2, 3), [2, 0]), ((3, 1), [0, 0, 0]), ((0, 2), [])]:
    case('select_item', [rand(shape), ints(t)]), case('select_item', [rand(shape, F64), ints(t, numpy.int64)])
refuse('select_item', [rand((2, 3)), ints([0])]), refuse('select_item', [rand((2, 3)), ints([0, 3])])
refuse('select_item', [rand((2,)), ints([0, 0])]), refuse('select_item', [rand((2, 3)), rand((2,))])

write(__file__)
