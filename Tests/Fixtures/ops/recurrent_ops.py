# Recurrent units and networks: chainer/functions/rnn. See oracle.py.
import chainer
import chainer.functions as F
from oracle import *


def network(f):
    def call(xs, a):
        a = dict(a)
        with chainer.using_config('train', a.pop('train', True)):
            return f(a.pop('n_layers'), a.pop('dropout_ratio'), *xs.values(), **a)
    return call


def tree(xs, a):
    """tree_lstm of differentiable functions, for Chainer's own has no second gradient."""
    gates = F.split_axis(xs[-1], 2 + len(xs), 1)
    c = F.tanh(gates[0]) * F.sigmoid(gates[1])
    for cell, forget in zip(xs, gates[3:]):
        c = c + cell * F.sigmoid(forget)
    return c, F.tanh(c) * F.sigmoid(gates[2])


def dtypes(i):
    """Both for the first cases of an op, then one in turn."""
    return (F32, F64) if i < 2 else (F32,) if i % 2 else (F64,)


for name in 'lstm slstm tree_lstm'.split():
    OPS[name] = fn(getattr(F, name))
for name in 'n_step_rnn n_step_birnn n_step_lstm n_step_bilstm n_step_gru n_step_bigru'.split():
    OPS[name] = network(getattr(F, name))

# ---------------------------------------------------------------- lstm, slstm, tree_lstm
for i, (c, x, skip) in enumerate([((2, 1), (2, 4), ()), ((2, 2), (2, 8), ()), ((3, 1), (2, 4), ()), ((2, 1, 2), (1, 4, 2), ()), ((2, 1), (2, 4), (0,)), ((2, 1), (2, 4), (1,)),
                   ((2, 1), (0, 4), ()), ((0, 2), (0, 8), ())]):
    for dtype in dtypes(i):
        case('lstm', [rand(c, dtype), rand(x, dtype)], skip_gy=skip)
for c, x in [((2, 1), (2, 3)), ((2, 1), (3, 4)), ((2,), (8,)), ((2, 1), (2, 4, 1)), ((2, 1, 2), (2, 4, 1)), ((2, 2), (2, 4)), ((), ())]:
    refuse('lstm', [rand(c), rand(x)])
refuse('lstm', [rand((2, 1)), rand((2, 4), F64)]), refuse('lstm', [ints([[1]]), ints([[1, 2, 3, 4]])]), refuse('lstm', [rand((2, 1))])
for i, (c, x, skip) in enumerate([((2, 1), (2, 4), ()), ((1, 2), (1, 8), ()), ((1, 1, 2), (1, 4, 2), ()), ((2, 1), (2, 4), (0,)), ((2, 1), (2, 4), (1,)), ((0, 1), (0, 4), ())]):
    for dtype in dtypes(i):
        case('slstm', [rand(c, dtype), rand(c, dtype), rand(x, dtype), rand(x, dtype)], skip_gy=skip)
for c1, c2, x1, x2 in [((2, 1), (2, 1), (2, 4), (2, 3)), ((2, 1), (2, 1), (1, 4), (1, 4)), ((2, 1), (1, 1), (2, 4), (2, 4)), ((2, 1), (2, 1), (2, 4), (2, 4, 1)),
                       ((2, 1, 2), (2, 1, 2), (2, 4, 2), (2, 4, 1)), ((4,), (4,), (4,), (4,)), ((2, 2), (2, 3), (2, 8), (2, 12))]:
    refuse('slstm', [rand(c1), rand(c2), rand(x1), rand(x2)])
refuse('slstm', [rand((2, 1)), rand((2, 1)), rand((2, 4)), rand((2, 4), F64)]), refuse('slstm', [rand((2, 1)), rand((2, 1)), rand((2, 4))])
# (Chainer compares the wrong axes where there are more than two: its batch must be as long as the third.)
for i, (n, c, skip) in enumerate([(1, (2, 1), ()), (2, (2, 2), ()), (3, (1, 1), ()), (1, (2, 1, 2), ()), (2, (2, 1), (0,)), (2, (2, 1), (1,)), (1, (0, 2), ())]):
    for dtype in dtypes(i):
        x = (c[0], (3 + n) * c[1]) + c[2:]
        case('tree_lstm', [rand(c, dtype) for _ in range(n)] + [rand(x, dtype)], twice=tree, skip_gy=skip)
refuse('tree_lstm', [rand((2, 4))]), refuse('tree_lstm', [rand((2, 1)), rand((2, 5))]), refuse('tree_lstm', [rand((2, 1)), rand((2, 1)), rand((2, 4))])
refuse('tree_lstm', [rand((2, 1)), rand((1, 4))]), refuse('tree_lstm', [rand((4,)), rand((16,))]), refuse('tree_lstm', [rand((2, 1)), rand((2, 4), F64)])
refuse('tree_lstm', [rand((2, 1)), rand((2, 2)), rand((2, 5))]), refuse('tree_lstm', [ints([[1]]), ints([[1, 2, 3, 4]])])

# ---------------------------------------------------------------- n_step_*
GATES = {'rnn': 1, 'lstm': 4, 'gru': 3}


def inputs(kind, lengths, dtype=F32, layers=1, directions=1, units=1, features=1, samples=None):
    g, n = GATES[kind], samples or lengths[0]
    r = lambda *shape: rand(shape, dtype, -1, 1)
    v = {'hx': r(layers * directions, n, units)}
    if kind == 'lstm':
        v['cx'] = r(layers * directions, n, units)
    v['ws'] = [[r(units, units if j >= g else features if i < directions else directions * units) for j in range(2 * g)]
               for i in range(layers * directions)]
    v['bs'] = [[r(units) for _ in range(2 * g)] for _ in range(layers * directions)]
    v['xs'] = [r(b, features) for b in lengths]
    return v


for kind in GATES:
    for directions in (1, 2):
        op = 'n_step_' + ('bi' if directions == 2 else '') + kind
        for i, (lengths, layers, args) in enumerate([([2, 1], 1, {'features': 2} if kind == 'rnn' else {}), ([2], 2, {}), ([2, 2, 1], 1, {'samples': 3}), ([1, 1], 1, {'units': 2}), ([1, 0], 1, {})]):
            case(op, inputs(kind, lengths, (F32, F64)[(i + directions) % 2], layers, directions, **args), {'n_layers': layers, 'dropout_ratio': 0.0},
                 second=lengths[-1] > 0 and (kind == 'rnn' or i in (0, directions)))
        case(op, inputs(kind, [1, 1], F32, 2, directions), {'n_layers': 2, 'dropout_ratio': 0.5, 'train': False}, gy=False)
        case(op, inputs(kind, [1], F32, 1, directions), {'n_layers': 1, 'dropout_ratio': 0.9}, gy=False)
        given = {'n_layers': 1, 'dropout_ratio': 0.0}
        good = lambda: inputs(kind, [2, 1], F32, 1, directions, features=2)
        if kind != 'rnn' and directions == 2:
            continue
        refuse(op, good(), {'n_layers': 1}), refuse(op, good(), dict(given, n_layers=2)), refuse(op, dict(good(), xs=[rand((2, 3))]), given)
        refuse(op, dict(good(), ws=[w[:-1] for w in good()['ws']]), given)
        if kind == 'lstm':
            refuse(op, dict(good(), cx=rand((directions, 2, 2))), given)
        if kind == 'rnn':
            case(op, inputs(kind, [2, 1], F64, 1, directions), dict(given, activation='relu'))
            refuse(op, good(), dict(given, activation='sigmoid')), refuse(op, good()), refuse(op, good(), dict(given, n_layers=0))
            refuse(op, inputs(kind, [2], F32, 2, directions), {'n_layers': 2, 'dropout_ratio': 1.0})
            refuse(op, dict(good(), xs=[rand((3, 2))]), given), refuse(op, dict(good(), xs=[rand((2, 2), F64)]), given)
            refuse(op, dict(good(), hx=rand((directions, 2, 2))), given), refuse(op, dict(good(), hx=rand((2, 1))), given)
            refuse(op, dict(good(), ws=good()['ws'][:-1]), given), refuse(op, dict(good(), bs=good()['bs'][:-1]), given)
            refuse(op, dict(good(), bs=[[rand((2,)) for _ in b] for b in good()['bs']]), given)
            nonsense(op, dict(good(), xs=[rand((1, 2)), rand((2, 2))]), given, 'mixes up the sequences')

write(__file__)
