# What the scripts beside this one share: each writes a file of what Chainer 7.8.1 answers for the ops of one family,
# forward, first and second gradients, and what it refuses.
#
# Install the oracle (Python 3.9):
#     python3.9 -m venv v && v/bin/pip install "setuptools<66" wheel "numpy<1.24"
#     v/bin/pip install --no-build-isolation "chainer==7.8.1"
# Run one (it writes core_ops.json beside itself; same numbers every time):
#     v/bin/python Tests/Fixtures/ops/core_ops.py
#
# A case, one line each:
#   op, inputs, args   as on the wire; an array is {"dtype","shape","data"}, a weak number a number, a place held free null;
#                      inputs are a list, which may hold lists, or an object by name in the order of the op's parameters
#   outputs            the results, a flat list even for one
#   gy                 the outputs' grads, one per output; null: that output is no root. No "gy" at all: nothing to differentiate
#   gx                 the gradients per input, flat, null where no path leads (integers, conditions, floor, a mask…)
#   h, ggx, ggy        second order: with L = sum_i sum(gx_i * h_i), ggx = dL/d inputs and ggy = dL/d gy. null where Chainer
#                      sees no path (zero is as good an answer). Missing where Chainer does not differentiate twice.
#   error: true        Chainer refuses (all of them are well-formed: 422); with "chainer": it does not, but its answer is nonsense
#   rtol               where results need a tolerance wider than the tests' own
#   updates            what stands afterwards in the inputs that the op writes in place, by flat place
# Numbers are the shortest that read back the same in their dtype; NaN and infinities are strings.
import json
import os
import sys
import warnings

import numpy
import chainer
from chainer import Variable
import chainer.functions as F

warnings.simplefilter('ignore')
numpy.seterr(all='ignore')
rng = numpy.random.RandomState(20240607)
F32, F64 = numpy.float32, numpy.float64


# ---------------------------------------------------------------- writing

def number(v):
    if isinstance(v, (bool, numpy.bool_)):
        return 'true' if v else 'false'
    if isinstance(v, (int, numpy.integer)):
        return str(int(v))
    if v != v:
        return '"NaN"'
    if v in (numpy.inf, -numpy.inf):
        return '"Infinity"' if v > 0 else '"-Infinity"'
    return str(v) if isinstance(v, numpy.floating) else repr(v)


def dump(v):
    if v is None:
        return 'null'
    if isinstance(v, numpy.ndarray):
        return '{"dtype":"%s","shape":[%s],"data":[%s]}' % (
            v.dtype.name, ','.join(map(str, v.shape)), ','.join(number(e) for e in v.ravel()))
    if isinstance(v, (bool, int, float, numpy.generic)):
        return number(v)
    if isinstance(v, str):
        return json.dumps(v)
    if isinstance(v, dict):
        return '{' + ','.join(json.dumps(k) + ':' + dump(e) for k, e in v.items()) + '}'
    return '[' + ','.join(dump(e) for e in v) + ']'


# ---------------------------------------------------------------- the ops, from wire to Chainer

def tuples(v):
    return tuple(tuples(e) for e in v) if isinstance(v, list) else v


def index(slices):
    """The wire's slices as NumPy's index."""
    if isinstance(slices, str):
        return eval('numpy.s_[%s]' % slices)
    return tuple(eval('numpy.s_[%s]' % s) if isinstance(s, str) else s for s in slices)


def fn(f):
    return lambda xs, a: f(*xs, **{k: tuples(v) for k, v in a.items()})

OPS = {}
cases = []
counts = {}


def rand(shape, dtype=F32, lo=-2.0, hi=2.0):
    return numpy.asarray(numpy.round(rng.uniform(lo, hi, shape), 2), dtype)


def apart(shape, dtype=F32, lo=-2.0, hi=2.0):
    """Values far from one another and from zero."""
    n = int(numpy.prod(shape))
    v = numpy.linspace(lo, hi, n) if n > 1 else numpy.array([lo + 0.7] * n)
    v = numpy.round(v + 0.013, 3)
    rng.shuffle(v)
    return numpy.asarray(v.reshape(shape), dtype)


def flat(v):
    """The leaves of nested lists and objects, in order."""
    if isinstance(v, dict):
        v = list(v.values())
    return [e for item in v for e in flat(item)] if isinstance(v, (list, tuple)) else [v]


def variables(v):
    """Nested inputs, the arrays as variables of their own."""
    if isinstance(v, dict):
        return {k: variables(e) for k, e in v.items()}
    if isinstance(v, (list, tuple)):
        return [variables(e) for e in v]
    return Variable(v.copy()) if isinstance(v, numpy.ndarray) else v


def floating(x):
    return isinstance(x, numpy.ndarray) and x.dtype.kind == 'f'


def arr(v):
    """The array of a variable, or of what Chainer gives as a bare array."""
    return None if v is None else numpy.asarray(v.array if isinstance(v, Variable) else v)


def call(f, inputs, args):
    """The results, flat, and the inputs' variables, flat."""
    xs = variables(inputs)
    ys, xs = flat(f(xs, args)), flat(xs)
    # A result that is an input must be told from it.
    return [F.identity(y) if any(y is x for x in xs) else y for y in ys], xs


def case(op, inputs, args=None, skip_gy=(), second=True, twice=None, gy=True, rtol=None, updates=()):
    """`twice`: the function to differentiate twice, where it is not the op's own. `gy` False: values only. `second` False:
    Chainer's second gradients are not asked for. `updates`: flat places of inputs that the op writes in place."""
    args = args or {}
    ys, xs = call(OPS[op], inputs, args)
    out = {'op': op, 'inputs': inputs, 'args': args, 'outputs': [arr(y) for y in ys]}
    if rtol:
        out['rtol'] = rtol
    if updates:
        out['updates'] = {str(i): arr(xs[i]) for i in updates}
    counts[op] = counts.get(op, 0) + 1
    given = flat(inputs)
    targets = [i for i, x in enumerate(given) if floating(x)]
    if not gy or not targets or any(arr(y).dtype.kind != 'f' for i, y in enumerate(ys) if i not in skip_gy):
        cases.append(out)
        return
    gys = [None if i in skip_gy else rand(y.shape, y.dtype) for i, y in enumerate(ys)]

    # Variable.backward and chainer.grad must agree.
    roots = [(y, Variable(g)) for y, g in zip(ys, gys) if g is not None]
    got = chainer.grad([y for y, _ in roots], [xs[i] for i in targets], [g for _, g in roots])
    gxs = [None] * len(given)
    for i, g in zip(targets, got):
        gxs[i] = arr(g)
    ys, xs = call(OPS[op], inputs, args)
    roots = [(y, Variable(g)) for y, g in zip(ys, gys) if g is not None]
    chainer.backward([y for y, _ in roots], [g for _, g in roots])
    for i in targets:
        a, b = xs[i].grad, gxs[i]
        assert (a is None) == (b is None), (op, args)
        assert a is None or (a.dtype == b.dtype and numpy.allclose(a, b, 1e-5, 1e-6, equal_nan=True)), (op, args)
    out['gy'], out['gx'] = gys, gxs

    if second and any(g is not None for g in gxs):
        h = [None if g is None else rand(g.shape, g.dtype) for g in gxs]
        ys, xs = call(twice or OPS[op], inputs, args)
        roots = [(y, Variable(g)) for y, g in zip(ys, gys) if g is not None]
        try:
            got = chainer.grad([y for y, _ in roots], [xs[i] for i in targets], [g for _, g in roots],
                               enable_double_backprop=True)
            for i, g in zip(targets, got):
                assert g is None and gxs[i] is None or numpy.allclose(g.array, gxs[i], 1e-4, 1e-6, equal_nan=True)
            loss = 0
            for i, g in zip(targets, got):
                if g is not None:
                    loss = loss + F.sum(g * Variable(h[i]))
            second = chainer.grad([loss], [xs[i] for i in targets] + [g for _, g in roots])
        except (RuntimeError, TypeError, AttributeError, NotImplementedError) as e:
            print('no second order: %s %s: %s' % (op, args, (str(e).splitlines() or [''])[0][:80]), file=sys.stderr)
            second = None
        if second is not None:
            ggx = [None] * len(given)
            for i, g in zip(targets, second):
                ggx[i] = arr(g)
            ggy, rest = [], second[len(targets):]
            for g in gys:
                ggy.append(None if g is None else arr(rest.pop(0)))
            out['h'], out['ggx'], out['ggy'] = h, ggx, ggy
    cases.append(out)


def refuse(op, inputs, args=None):
    args = args or {}
    try:
        ys = call(OPS[op], inputs, args)[0]
    except Exception as e:
        assert not isinstance(e, (NameError, ZeroDivisionError, AttributeError)), (op, args, e)
        cases.append({'op': op, 'inputs': inputs, 'args': args, 'error': True})
        counts['refused'] = counts.get('refused', 0) + 1
        return
    print('NOT REFUSED: %s %s %s -> %s' % (op, [getattr(x, 'shape', x) for x in flat(inputs)], args,
                                           [arr(y).tolist() for y in ys]), file=sys.stderr)


def nonsense(op, inputs, args, what):
    """No sane answer exists, but Chainer's is no refusal either."""
    cases.append({'op': op, 'inputs': inputs, 'args': args, 'error': True, 'chainer': what})
    counts['refused'] = counts.get('refused', 0) + 1


def ints(values, dtype=numpy.int32):
    return numpy.array(values, dtype)


def f32(values):
    return numpy.array(values, F32)


def f64(values):
    return numpy.array(values, F64)


def bools(values):
    return numpy.array(values, bool)


nan, inf = numpy.nan, numpy.inf


def write(script):
    """Writes the cases to a file named as the script that made them."""
    with open(os.path.splitext(os.path.abspath(script))[0] + '.json', 'w') as f:
        f.write('[\n' + ',\n'.join(dump(c) for c in cases) + '\n]\n')
    print(len(cases), 'cases', {k: counts[k] for k in sorted(counts)}, file=sys.stderr)
