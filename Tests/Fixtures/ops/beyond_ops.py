# The ops that Chainer does not have: NumPy's answers (SciPy's where it says so). See oracle.py.
import numpy
from chainer import Variable
from oracle import *


def values(f):
    """A function of NumPy's, whose results have no gradient here."""
    return lambda xs, a: Variable(numpy.asarray(f(*[x.array if isinstance(x, Variable) else x for x in xs], **a)))


# ---------------------------------------------------------------- comparisons
for name, f in [('eq', numpy.equal), ('ne', numpy.not_equal), ('lt', numpy.less), ('le', numpy.less_equal),
                ('gt', numpy.greater), ('ge', numpy.greater_equal)]:
    OPS[name] = values(f)
    case(name, [f32([1, 2, 3]), f32([1, 3, 2])])
    case(name, [f64([[1], [2]]), f64([1, 2, nan])])
    case(name, [f32([inf, -inf, 0.0]), f32([inf, 1, -0.0])])
    case(name, [ints([1, -2]), ints([1, 3])]), case(name, [rand((2, 0)), rand((1,))])
    refuse(name, [rand((2,)), rand((3,))])

write(__file__)
