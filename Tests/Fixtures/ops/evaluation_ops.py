# How good predictions are: chainer/functions/evaluation. See oracle.py.
import numpy
import chainer.functions as F
from oracle import *

for name in 'accuracy binary_accuracy classification_summary precision recall f1_score r2_score'.split():
    OPS[name] = fn(getattr(F, name))

# ---------------------------------------------------------------- accuracy
y, t = apart((4, 3)), ints([0, 1, 2, 0])
for args in [{}, {'ignore_label': 0}, {'ignore_label': None}, {'ignore_label': 5}]:
    case('accuracy', [y, t], args), case('accuracy', [y.astype(F64), ints([2, 2, 2, 2], numpy.int64)], args)
    case('accuracy', [apart((2, 3, 2)), ints([[0, 1], [2, 0]], numpy.int8)], args)
    case('accuracy', [apart((2, 3, 1, 1)), ints([0, 1])], args), case('accuracy', [apart((2, 2, 2, 1), F64), ints([[0, 1], [1, 0]])], args)
case('accuracy', [y, ints([0, -1, 7, 0])]), case('accuracy', [y, ints([-1, -1, -1, -1])], {'ignore_label': -1})
case('accuracy', [rand((0, 3)), ints([])]), case('accuracy', [rand((0, 3)), ints([])], {'ignore_label': 0})
case('accuracy', [f32([[1, 1, 0], [0, nan, 5], [-inf, -inf, -inf]]), ints([0, 1, 0])])  # the first of equals, NaN before all
case('accuracy', [numpy.array([[1, 2], [2, 1], [1, 2]], numpy.float16), ints([1, 0, 0])])

binary = [(apart((5,)), ints([0, 1, 1, 0, -1])), (apart((2, 2), F64), ints([[1, -1], [0, 1]], numpy.int64)), (f32([0.0, -0.0, nan, inf]), ints([1, 1, 0, 1])),
          (rand((2,)), ints([-1, -1])), (rand((0,)), ints([])), (rand(()), ints(1)), (rand((3,)), ints([2, -3, 1]))]
for y, t in binary:
    case('binary_accuracy', [y, t])
for y, t in [(rand((3,)), ints([1, 0])), (rand((3, 1)), ints([1, 0, 1])), (rand((2,)), rand((2,))), (ints([1]), ints([1])), (rand((2,)), bools([True, False]))]:
    refuse('binary_accuracy', [y, t])

# ---------------------------------------------------------------- precision, recall, F score
y = f32([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]])
for op in ('classification_summary', 'precision', 'recall', 'f1_score'):
    case(op, [y, ints([0, 1, 0, 2, 1, 1])]), case(op, [y, ints([0, 1, -1, 0, 1, -1], numpy.int64)])
    case(op, [y, ints([0, 0, 0, 0, 0, 0], numpy.int8)])  # a class beyond the greatest label is predicted
    case(op, [y, ints([0, 1, 0, 2, 1, 1])], {'label_num': 5}), case(op, [y, ints([0, 1, 0, 2, 1, 1])], {'label_num': 2})
    case(op, [y, ints([0, 1, 0, 2, 1, 1])], {'ignore_label': 1}), case(op, [y, ints([0, 1, 0, 2, 1, 1])], {'label_num': None, 'ignore_label': 7})
    case(op, [apart((2, 3, 2), F64), ints([[0, 2], [1, 2]])]), case(op, [apart((3, 2, 1, 1)), ints([0, 1, 1])])
    case(op, [y, ints([-1] * 6)]), case(op, [y, ints([0] * 6)], {'label_num': 0}), case(op, [rand((0, 3)), ints([])], {'label_num': 2})
    refuse(op, [rand((0, 3)), ints([])])
    refuse(op, [y, ints([0, 1, -2, 0, 1, 0])]), refuse(op, [y, ints([0, 1, -1, 0, 1, 0])], {'ignore_label': 0}), refuse(op, [y, ints([0] * 6)], {'label_num': -2})
    refuse(op, [y, ints([0] * 6)], {'label_num': 1.5})
    nonsense(op, [y, ints([0] * 6)], {'label_num': -1}, 'leaves out the last bin')
    nonsense(op, [y, ints([0, 1, 0, 2, 1, 2 ** 62], numpy.int64)], {}, 'cuts labels to 32 bits')
for beta in (2, 0.5, 0, -1):
    case('classification_summary', [y, ints([0, 1, 0, 2, 1, 1])], {'beta': beta})

y, t = rand((2, 3)), ints([0, 1])
for op in ('accuracy', 'classification_summary', 'precision', 'recall', 'f1_score'):
    for given in [(y, t[:1]), (y, ints([[0, 1]])), (y, ints(0)), (y[0], t), (rand((3,)), ints([0, 0, 0])), (rand((2, 3, 2)), t), (rand((2, 3, 2)), ints([[0], [0]])),
                  (y, ints([[0, 0, 0], [0, 0, 0]])), (y, rand((2,))), (ints([[1, 2], [3, 4]]), t), (rand((2, 0)), t), (y, bools([True, False])), (rand(()), ints(0))]:
        refuse(op, list(given))

# ---------------------------------------------------------------- r2_score
for args in [{}, {'multioutput': 'uniform_average'}, {'multioutput': 'raw_values'}]:
    for shape, dtype in [((4,), F32), ((3, 2), F32), ((3, 2), F64), ((2, 2, 2), F64), ((1,), F32), ((1, 2), F64)]:
        case('r2_score', [rand(shape, dtype), rand(shape, dtype)], args)
    case('r2_score', [rand((3, 2)), rand((3, 2), F64)], args), case('r2_score', [rand((3,), F64), rand((3,))], args, rtol=1e-5)  # Chainer's mean is float32's
    case('r2_score', [f32([[1, 2], [2, 2], [3, 2]]), f32([[1, 5], [2, 5], [4, 5]])], args)
    case('r2_score', [f32([nan, 1]), f32([1, 2])], args), case('r2_score', [rand((3, 0)), rand((3, 0))], args), case('r2_score', [rand((0, 2)), rand((0, 2))], args)
case('r2_score', [rand((2,)), rand((2,)), None])
for xs, args in [([rand((3,)), rand((2,))], {}), ([rand((3,)), rand((3, 1))], {}), ([rand(()), rand(())], {}), ([rand((2,)), ints([1, 2])], {}), ([ints([1, 2]), rand((2,))], {}),
                 ([rand((2,)), rand((2,))], {'multioutput': 'variance_weighted'}), ([rand((2,)), rand((2,)), rand((2,))], {})]:
    refuse('r2_score', xs, args)

write(__file__)
