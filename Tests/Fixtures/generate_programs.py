# Writes programs.json (random programs) and states.json (small named scenarios): what Chainer 7.8.1 leaves behind, step by step.
#
# Install the oracle (Python 3.9):
#     python3.9 -m venv v && v/bin/pip install "setuptools<66" wheel "numpy<1.24"
#     v/bin/pip install --no-build-isolation "chainer==7.8.1"
# Run (the files go beside this script; same bytes every time):
#     v/bin/python Tests/Fixtures/generate_programs.py
#
# A line is one program: {"seed" or "title", "steps": [...]}. Steps are done in order:
#   {"do":"variable", name, data, dtype (float32), requires_grad (true)}
#   {"do":"op", op, inputs: [name | number], args, output}
#   {"do":"backward", output (or outputs), grad_outputs, retain_grad, loss_scale, enable_double_backprop}
#     (several roots: chainer.backward has no default, so the grads are set first; no retain_grad there)
#   {"do":"grad", outputs, inputs, grad_outputs, grad_inputs, set_grad, retain_grad, loss_scale, enable_double_backprop, names}
#     with "result": the gradients in the order of inputs, null where no path leads; names: in that order too, null binds nothing
#   {"do":"cleargrad"|"zerograd", variables (all)}
#   {"do":"set_grad", variable, value (an array, or null: clear)}
#   {"do":"set_data", variable, value}: x.array[...] = value, in place: seen by the backward of ops that read x, not by values
#   {"do":"unchain", variable, backward}: Variable.unchain, or unchain_backward
# "state" holds every bound name that was newly bound, or whose data or grad changed in this step: {name: {data, grad}}.
# "error": true is a step that is refused (422) and changes nothing.
# grad_outputs and grad_inputs are lists in order; an item is an array, a variable's name, or null.
# A gradient bound by "names" is a leaf with requires_grad; with enable_double_backprop it is what was recorded (constants: a leaf),
# or an identity of it where that variable has a name already.
# No two variables share memory, nor does a grad with anything: where Chainer aliases (views, gradients passed on), `part` and `bind`
# here copy apart. Random programs leave out what Chainer does only because of how it is made inside:
# - binding a recorded gradient of constants only (Chainer: with a creator, but without requires_grad);
# - binding two results of one backward function (DivGrad, say), of which one would use up the other's grad;
# - recording the derivative of x ** y of two variables: Chainer's has no path by the result, only by x and y;
# - recording that of x / y beside a variable without requires_grad: Chainer's DivGrad hangs on x even where it only reads y;
# - binding a gradient to the name of a variable that is itself one of the gradients;
# - what Chainer cannot do (the second derivative of maximum by one side only raises an exception);
# - set_data on a variable that a recorded gradient may read already, or that pow, max or softmax read or gave.
# "odd" in states.json says where Chainer's answer is one that a service may want to improve on; judge before following.
# Numbers of programs.json are rounded: 6 digits (float32), 11 (float64). Compare with |a - b| <= atol + rtol * |b|:
# 1e-5, 1e-4 for float32 (each float32 program was run in float64 too and agrees within a fifth of that); 1e-9, 1e-8 for float64.
import json
import os
import random
import sys
import warnings

import numpy
import chainer
from chainer import Variable
import chainer.functions as F

warnings.simplefilter('ignore')
numpy.seterr(all='ignore')


class Refused(Exception):
    pass


def tuples(v):
    return tuple(tuples(e) for e in v) if isinstance(v, list) else v


def fn(f):
    return lambda xs, a: f(*xs, **{k: tuples(v) for k, v in a.items()})


OPS = {
    'add': lambda xs, a: xs[0] + xs[1] if len(xs) == 2 else F.add(*xs),
    'sub': lambda xs, a: xs[0] - xs[1],
    'mul': lambda xs, a: xs[0] * xs[1],
    'div': lambda xs, a: xs[0] / xs[1],
    'pow': lambda xs, a: xs[0] ** xs[1],
    'neg': lambda xs, a: -xs[0],
    'floordiv': lambda xs, a: xs[0] // xs[1],
    'mean': lambda xs, a: F.average(xs[0], **{k: tuples(v) for k, v in a.items()}),
    'get_item': lambda xs, a: F.get_item(xs[0], eval('numpy.s_[%s]' % a['slices'])),
    'concat': lambda xs, a: F.concat(xs, **a),
    'split_axis': lambda xs, a: F.split_axis(xs[0], **a),
}
for name in ('matmul sum max exp square sin cos tanh sigmoid softmax reshape transpose broadcast_to expand_dims where maximum minimum '
             'linear identity floor sign').split():
    OPS[name] = fn(getattr(F, name))


def constant(array):
    return Variable(numpy.array(array), requires_grad=False)


class Machine:
    """Names bound to Chainer's variables, and nothing else holding on to them."""

    def __init__(self, dtype=None):
        self.names = {}
        self.serials = {}
        self.told = {}    # name -> (the variable's serial, data, grad) as last reported
        self.serial = 0
        self.force = dtype

    def bind(self, name, v):
        self.serial += 1
        self.serials[name] = self.serial
        self.names[name] = v
        self.told.pop(name, None)

    def array(self, value, like=None, recorded=False):
        """A gradient that the caller gives: part of the graph only where that is recorded."""
        if isinstance(value, str):
            return self.names[value] if recorded else constant(self.names[value].array)
        return None if value is None else constant(numpy.array(value, like.dtype if like is not None else numpy.float32))

    def listed(self, step, key, likes):
        recorded = step.get('enable_double_backprop', False)
        return [self.array(v, like, recorded) for v, like in zip(step.get(key) or [None] * len(likes), likes)]

    def named(self, v):
        return any(v is o for o in self.names.values())

    def bind_gradient(self, name, g):
        if self.named(g):
            g = F.identity(g)
        if g.creator_node is None:
            g = Variable(g.array.copy())
        g.array = g.array.copy()
        self.bind(name, g)

    def do(self, step):
        """Does a step; returns a result for "grad"; raises Refused, with nothing changed."""
        return getattr(self, 'do_' + step['do'])(step)

    def do_variable(self, s):
        dtype = numpy.dtype(s.get('dtype', 'float32'))
        if self.force and dtype.kind == 'f':
            dtype = self.force
        self.bind(s['name'], Variable(numpy.array(s['data'], dtype), requires_grad=s.get('requires_grad', True)))

    def do_op(self, s):
        if any(isinstance(n, str) and n not in self.names for n in s['inputs']):
            raise Refused()
        xs = [self.names[n] if isinstance(n, str) else n for n in s['inputs']]
        try:
            y = OPS[s['op']](xs, s.get('args', {}))
        except Exception as e:
            raise Refused(str(e)) from None
        out = s['output']
        if isinstance(out, list):
            for n, v in zip(out, y):
                self.bind(n, v)
        else:
            if any(y is x for x in xs):
                raise Refused('the very same variable')
            y.array = y.array.copy()  # no view of an input
            self.bind(out, y)

    def do_backward(self, s):
        names = s['outputs'] if 'outputs' in s else [s['output']]
        roots = [self.names[n] for n in names]
        seeds = self.listed(s, 'grad_outputs', roots)
        scale = s.get('loss_scale')
        for y, g in zip(roots, seeds):
            if g is None and y.grad is None and y.size != 1:
                raise Refused()
        seeded = []
        for y, g in zip(roots, seeds):
            if g is not None:
                if any(y is o for o in seeded):
                    with chainer.using_config('enable_backprop', s.get('enable_double_backprop', False)):
                        g = y.grad_var + g
                y.grad_var = g
                seeded.append(y)
            elif y.grad is None and len(roots) > 1:  # chainer.backward has no default
                y.grad_var = constant(numpy.full_like(y.array, scale or 1))
        double = s.get('enable_double_backprop', False)
        if len(roots) == 1:
            if roots[0].grad_var is None:
                roots[0].grad_var = constant(numpy.full_like(roots[0].array, scale or 1))
            roots[0].backward(retain_grad=s.get('retain_grad', False), loss_scale=scale, enable_double_backprop=double)
        else:
            assert not s.get('retain_grad')
            chainer.backward(roots, enable_double_backprop=double)

    def do_grad(self, s):
        ys = [self.names[n] for n in s['outputs']]
        xs = [self.names[n] for n in s['inputs']]
        assert len(set(map(id, ys))) == len(ys)
        gs = self.gradients(s, ys, xs, s.get('set_grad', False), s.get('retain_grad', False))
        result = [None if g is None else g.array.copy() for g in gs]
        for n, g in zip(s.get('names', []), gs):
            if g is not None and n is not None:
                self.bind_gradient(n, g)
        return result

    def gradients(self, s, ys, xs, set_grad, retain_grad):
        return chainer.grad(ys, xs, self.listed(s, 'grad_outputs', ys), self.listed(s, 'grad_inputs', xs),
                            set_grad=set_grad, retain_grad=retain_grad,
                            enable_double_backprop=s.get('enable_double_backprop', False), loss_scale=s.get('loss_scale'))

    def chosen(self, s):
        return [self.names[n] for n in s.get('variables', list(self.names))]

    def do_cleargrad(self, s):
        for v in self.chosen(s):
            v.cleargrad()

    def do_zerograd(self, s):
        for v in self.chosen(s):
            v.grad_var = constant(numpy.zeros_like(v.array))  # Chainer's zerograd fills in place what others may share

    def do_set_grad(self, s):
        v = self.names[s['variable']]
        v.grad_var = self.array(s['value'], v)

    def do_set_data(self, s):
        v = self.names[s['variable']]
        v.array[...] = numpy.array(s['value'], v.dtype)

    def do_unchain(self, s):
        v = self.names[s['variable']]
        v.unchain_backward() if s.get('backward') else v.unchain()

    def part(self):
        """Chainer's gradients share memory (with each other, with seeds), and may be read-only; on the wire they never do.
        Nor may a gradient that has no name be kept alive by being a grad: one without a name has no grad of its own."""
        for v in self.names.values():
            g = v.grad_var
            if g is None or (getattr(g, 'apart', False) and not self.named(g)):
                continue
            if g.creator_node is None and not self.named(g):
                g = constant(g.array)
            else:
                g = F.identity(g)
                g.array = g.array.copy()
            g.apart = True
            v.grad_var = g

    def changes(self):
        out = {}
        for n, v in self.names.items():
            g = v.grad
            assert g is None or (g.shape == v.shape and g.dtype == v.dtype), n
            now = (v.array.tobytes(), None if g is None else g.tobytes())
            if self.told.get(n) != now:
                out[n] = {'data': v.array.copy(), 'grad': None if g is None else g.copy()}
                self.told[n] = now
        return out

    def run(self, step):
        """The step as it goes into the file, with what came of it."""
        out = dict(step)
        try:
            result = self.do(step)
        except Refused:
            out['error'] = True
        else:
            if step['do'] == 'grad':
                out['result'] = [None if g is None else numpy.array(g) for g in result]
            self.part()
        out['state'] = self.changes()
        assert not ('error' in out and out['state'])
        return out


# ---------------------------------------------------------------- writing

class Writer:
    def __init__(self, digits):
        self.digits = digits

    def number(self, v):
        if isinstance(v, (bool, numpy.bool_)):
            return 'true' if v else 'false'
        if isinstance(v, (int, numpy.integer)):
            return str(int(v))
        assert numpy.isfinite(v)
        if isinstance(v, numpy.floating):
            if self.digits:
                v = float('%.*g' % (6 if v.dtype == numpy.float32 else 11, v))
            return str(v)
        return repr(v)

    def dump(self, v):
        if v is None:
            return 'null'
        if isinstance(v, numpy.ndarray):
            return self.number(v[()]) if v.ndim == 0 else '[' + ','.join(self.dump(e) if isinstance(e, numpy.ndarray) else self.number(e) for e in v) + ']'
        if isinstance(v, (bool, int, float, numpy.generic)):
            return self.number(v)
        if isinstance(v, str):
            return json.dumps(v, ensure_ascii=False)
        if isinstance(v, dict):
            return '{' + ','.join(json.dumps(k) + ':' + self.dump(e) for k, e in v.items()) + '}'
        return '[' + ','.join(self.dump(e) for e in v) + ']'


here = os.path.dirname(os.path.abspath(__file__))


def write(name, programs, digits):
    w = Writer(digits)
    with open(os.path.join(here, name), 'w') as f:
        f.write('[\n' + ',\n'.join(w.dump(p) for p in programs) + '\n]\n')


# ---------------------------------------------------------------- random programs

SHAPES = {'scalars': [[]], 'vectors': [[], [2], [2], [1], [3]], 'matrices': [[], [2], [2, 2], [1, 2], [2, 1]]}
GRADIENTS = ['gx', 'gy', 'gz', 'ga', 'gb', 'g']
NAMES = ['a', 'b', 'c', 'd', 'e', 'x', 'y', 'z', 'x0', 'x1', 'h']
UNARY = ['tanh', 'tanh', 'sigmoid', 'sin', 'cos', 'exp', 'square', 'neg', 'identity']
BINARY = ['add', 'add', 'sub', 'mul', 'mul', 'div', 'pow', 'maximum', 'minimum']
SHAPING = ['sum', 'mean', 'reshape', 'broadcast_to', 'transpose', 'get_item', 'softmax', 'max', 'concat', 'matmul', 'matmul', 'linear', 'where', 'expand_dims']


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.seed = seed
        self.m = Machine()
        self.steps, self.out = [], []
        self.kind = self.r.choice(['scalars'] * 5 + ['vectors'] * 4 + ['matrices'])
        self.double = self.r.random() < 0.12
        self.errors = 0
        self.recorded = 0   # the last serial that a recorded gradient may read
        self.readers = {}   # serial -> what was done with that variable: [(op, its place, other operand's serial or number)]

    # picking
    def is_float(self, n):
        return self.m.names[n].dtype.kind == 'f'

    def floats(self):
        return [n for n in self.m.names if self.is_float(n)]

    def recent(self):
        """A float variable; the later bound, the likelier."""
        f = self.floats()
        return f[min(int(self.r.random() ** 0.6 * len(f)), len(f) - 1)]

    def output(self):
        free = [n for n in NAMES if n not in self.m.names]
        if free and (not self.m.names or self.r.random() > 0.25):
            return free[0] if self.r.random() < 0.5 else self.r.choice(free)
        return self.r.choice(list(self.m.names))

    def value(self, shape):
        if not shape:
            return round(self.r.uniform(-2, 2), 1)
        return [self.value(shape[1:]) for _ in range(shape[0])]

    # steps
    def variable(self):
        if self.r.random() < 0.10 and self.kind != 'scalars':
            n = self.output()
            return {'do': 'variable', 'name': n, 'data': [self.r.random() < 0.5 for _ in range(2)], 'dtype': 'bool'}
        s = {'do': 'variable', 'name': self.output(), 'data': self.value(self.r.choice(SHAPES[self.kind]))}
        if self.double:
            s['dtype'] = 'float64'
        if self.r.random() < 0.12:
            s['requires_grad'] = False
        return s

    def op(self):
        r = self.r
        v = lambda n: self.m.names[n]
        for _ in range(60):
            kind = r.random()
            conds = [n for n in self.m.names if not self.is_float(n)]
            if conds and kind > 0.7:
                shaping = SHAPING + ['where'] * 6
            else:
                shaping = SHAPING
            op = r.choice(UNARY if kind < 0.3 else BINARY if kind < 0.7 or self.kind == 'scalars' else shaping)
            a, args = self.recent(), {}
            x = v(a)
            ins = [a]
            if op in BINARY:
                b = r.choice([0.5, 2, 3, -1, 1.5]) if r.random() < 0.25 else self.recent()
                ins = [a, b] if r.random() < 0.6 else [b, a]
                if op == 'add' and r.random() < 0.2:
                    ins = [a, self.recent(), self.recent()]
                if op in ('maximum', 'minimum') and any(not isinstance(i, str) for i in ins):
                    continue
            elif op in ('sum', 'mean'):
                if x.ndim and r.random() < 0.6:
                    args['axis'] = r.randrange(-x.ndim, x.ndim)
                if r.random() < 0.2:
                    args['keepdims'] = True
            elif op == 'reshape':
                args['shape'] = r.choice({1: [[], [1], [1, 1]], 2: [[2, 1], [1, 2], [2], [-1]], 4: [[4], [-1, 1]]}.get(x.size, [[-1]]))
            elif op == 'broadcast_to':
                args['shape'] = r.choice([[2], [2, 2], [3], [2, 1], [1, 2]])
            elif op == 'get_item':
                args['slices'] = r.choice(['0', '-1', '1:', '::-1', '...', 'None', '..., 0', ':, 1', '0, 1', '::2'])
            elif op in ('softmax', 'max'):
                if x.ndim == 0:
                    continue
                args['axis'] = r.randrange(-x.ndim, x.ndim)
            elif op == 'concat':
                ins, args['axis'] = [a, self.recent()], r.choice([0, 0, -1])
            elif op == 'matmul':
                ins = [a, self.recent()]
            elif op == 'linear':
                two = [n for n in self.floats() if v(n).ndim == 2]
                if not two:
                    continue
                ins = [r.choice(two), r.choice(two)] + [self.recent() for _ in range(r.choice([0, 1]))]
            elif op == 'where':
                if not conds:
                    continue
                ins = [r.choice(conds), a, self.recent()]
            elif op == 'expand_dims':
                args['axis'] = r.choice([0, -1])
            s = {'do': 'op', 'op': op, 'inputs': ins}
            if args:
                s['args'] = args
            s['output'] = self.output()
            if self.sane(s):
                return s
        return self.variable()

    def sane(self, s):
        """Chainer takes it, the result is tame, and no kink is near."""
        xs = [self.m.names[n] if isinstance(n, str) else n for n in s['inputs']]
        arrays = [x.array if isinstance(x, Variable) else numpy.float64(x) for x in xs]
        op = s['op']
        try:
            if op == 'div' and numpy.abs(arrays[1]).min() < 0.3:
                return False
            if op == 'pow':
                if numpy.abs(arrays[1]).max() > 3:
                    return False
                if isinstance(xs[1], (int, float)) and xs[1] in (2, 3):
                    pass
                elif arrays[0].min() < 0.3:
                    return False
            if op in ('maximum', 'minimum') and numpy.abs(arrays[0] - arrays[1]).min() < 0.05:
                return False
            if op == 'max':
                v = numpy.sort(arrays[0].ravel())
                if v.size > 1 and numpy.diff(v).min() < 0.05:
                    return False
            if op == 'exp' and arrays[0].max() > 2.5:
                return False
            y = OPS[op](xs, s.get('args', {}))
        except Exception:
            return False
        return (not any(y is x for x in xs) and y.size <= 6 and y.ndim <= 2 and 0 < y.size
                and bool(numpy.isfinite(y.array).all()) and float(numpy.abs(y.array).max()) < 12)

    def seed_for(self, n):
        v = self.m.names[n]
        same = [o for o in self.floats() if self.m.names[o].shape == v.shape]
        return self.r.choice(same) if self.r.random() < 0.3 else self.value(list(v.shape))

    def new_name(self):
        """For a gradient: a fresh name rather."""
        free = [n for n in GRADIENTS if n not in self.m.names]
        return self.r.choice(free) if free and self.r.random() < 0.75 else self.output()

    def backward(self):
        r = self.r
        n = self.recent() if r.random() < 0.85 else r.choice(self.floats())
        v = self.m.names[n]
        if r.random() < 0.12 and len(self.floats()) > 1:
            return self.backward_of_several()
        s = {'do': 'backward', 'output': n}
        if v.size != 1 and v.grad is None and (r.random() > 0.12 or self.errors):
            s['grad_outputs'] = [self.seed_for(n)]
        elif r.random() < 0.1:
            s['grad_outputs'] = [self.seed_for(n)]
        # Chainer leaves the root's grad null here although retain_grad: see states.json
        if r.random() < 0.3 and (v.requires_grad or v.creator_node is None):
            s['retain_grad'] = True
        return self.flags(s)

    def backward_of_several(self):
        r = self.r
        roots = r.sample(self.floats(), min(len(self.floats()), r.choice([2, 2, 3])))
        s = {'do': 'backward', 'outputs': roots}
        given = [None if r.random() < 0.5 else self.seed_for(n) for n in roots]
        for i, n in enumerate(roots):
            v = self.m.names[n]
            if given[i] is None and v.grad is None and v.size != 1:
                given[i] = self.seed_for(n)
        if any(g is not None for g in given):
            s['grad_outputs'] = given
        return self.flags(s)

    def flags(self, s):
        if self.r.random() < 0.12:
            s['loss_scale'] = self.r.choice([2, 4, 0.5])
        if self.r.random() < 0.2:
            s['enable_double_backprop'] = True
        return s

    def grad(self, deep=False):
        r = self.r
        bound = [n for n in self.floats() if n in GRADIENTS]
        outs = [r.choice(bound) if bound and (deep or r.random() < 0.35) else self.recent()]
        if r.random() < 0.25:
            outs.append(r.choice(self.floats()))
        outs = list(dict.fromkeys(outs))
        # requires_grad false: chainer.grad's answers are odd, see states.json
        able = [n for n in self.floats() if self.m.names[n].requires_grad]
        if not able:
            return self.cleargrad()
        ins = r.sample(able, min(len(able), r.choice([1, 1, 2, 2, 3])))
        near = [n for n in able if n not in ins and self.reaches(outs[0], n)]
        if near and r.random() < 0.6:
            ins[0] = r.choice(near)
        s = {'do': 'grad', 'outputs': outs, 'inputs': ins}
        if r.random() < 0.25:
            s['grad_outputs'] = [None if r.random() < 0.3 else self.seed_for(n) for n in outs]
        if r.random() < 0.08 and not set(ins) & set(outs):
            s['grad_inputs'] = [None if r.random() < 0.3 else self.seed_for(n) for n in ins]
        if r.random() < 0.35:
            s['set_grad'] = True
        if r.random() < 0.3:
            s['retain_grad'] = True
        if r.random() < 0.12:
            s['loss_scale'] = r.choice([2, 4, 0.5])
        if deep or r.random() < 0.5:
            s['enable_double_backprop'] = True
        if deep or r.random() < 0.55:
            names = self.names_for(s)
            if any(names):
                s['names'] = names
        return s

    def names_for(self, s):
        """Names for gradients, null for some, and for those that are left out (see the top)."""
        v = self.m.names
        gs = self.m.gradients(s, [v[n] for n in s['outputs']], [v[n] for n in s['inputs']], False, False)
        names, creators = [], []
        for g in gs:
            ok = g is None or self.m.named(g) or g.creator_node is None or g.requires_grad
            if ok and g is not None and g.creator_node is not None and not self.m.named(g) and len(g.creator_node.outputs) > 1:
                ok = all(g.creator_node is not f or g is o for f, o in creators)
                creators.append((g.creator_node, g))
            n = self.new_name()
            ok = ok and not any(o is not None and self.m.names.get(n) is o for o in gs)
            names.append(n if ok and n not in names and (self.r.random() < 0.85 and g is not None or self.r.random() < 0.1) else None)
        return names

    def reaches(self, a, b):
        """Whether a's graph holds b."""
        target, todo, seen = self.m.names[b].node, [self.m.names[a].node], set()
        while todo:
            x = todo.pop()
            if x is target:
                return True
            f = x.creator_node
            if f is not None and f not in seen:
                seen.add(f)
                todo += f.inputs
        return False

    def set_grad(self):
        n = self.recent()
        return {'do': 'set_grad', 'variable': n, 'value': None if self.r.random() < 0.2 else self.value(list(self.m.names[n].shape))}

    def set_data(self):
        for _ in range(6):
            n = self.r.choice(self.floats())
            v = self.m.names[n]
            serial = self.m.serials[n]
            value = self.value(list(v.shape))
            if serial > self.recorded and self.may_hold(serial, numpy.array(value, v.dtype)):
                return {'do': 'set_data', 'variable': n, 'value': value}
        return None

    def may_hold(self, serial, value):
        for op, place, other in self.readers.get(serial, []):
            if op in ('pow', 'max', 'softmax'):
                return False
            if place < 0:
                continue
            if op == 'div' and place == 1 and numpy.abs(value).min() < 0.3:
                return False
            if op in ('maximum', 'minimum') and (other is None or numpy.abs(value - other.array).min() < 0.05):
                return False
        return True

    def unchain(self):
        derived = [n for n in self.floats() if self.m.names[n].creator_node is not None]
        n = self.r.choice(derived) if derived and self.r.random() < 0.9 else self.recent()
        s = {'do': 'unchain', 'variable': n}
        if self.r.random() < 0.45:
            s['backward'] = True
        return s

    def cleargrad(self, do='cleargrad'):
        everything = self.r.random() < 0.3 and all(self.is_float(n) for n in self.m.names)
        if everything:
            return {'do': do}
        f = self.floats()
        return {'do': do, 'variables': self.r.sample(f, min(len(f), self.r.choice([1, 1, 2])))}

    def mistake(self):
        f = self.floats()
        for _ in range(10):
            s = {'do': 'op', 'op': self.r.choice(['add', 'mul', 'sub']), 'inputs': [self.r.choice(f), self.r.choice(f + ['nobody'])], 'output': self.output()}
            try:
                [OPS[s['op']]([self.m.names[n] for n in s['inputs']], {})]
            except Exception:
                return s
        return None

    def take(self, s):
        xs = []
        if s['do'] == 'op':
            xs = [(self.m.serials[n], self.m.names[n]) if isinstance(n, str) and n in self.m.names else (0, n) for n in s['inputs']]
        self.steps.append(s)
        self.out.append(self.m.run(s))
        if s['do'] == 'op' and 'error' not in self.out[-1]:
            for i, (serial, x) in enumerate(xs):
                other = next((o for j, (_, o) in enumerate(xs) if j != i and isinstance(o, Variable)), None)
                self.readers.setdefault(serial, []).append((s['op'], i, None if other is x else other))
            self.readers.setdefault(self.m.serials[s['output']], []).append((s['op'], -1, None))
        if s.get('enable_double_backprop') or 'names' in s:
            self.recorded = self.m.serial
        if 'error' in self.out[-1]:
            self.errors += 1

    def program(self):
        r = self.r
        length = 6 + int(15 * r.random() ** 6)
        for _ in range(r.choice([1, 2, 2])):
            s = self.variable()
            if s.get('dtype') == 'bool' and not self.steps:
                s = {'do': 'variable', 'name': 'x', 'data': self.value(r.choice(SHAPES[self.kind]))}
                if self.double:
                    s['dtype'] = 'float64'
            self.take(s)
        if not self.floats():
            return None
        deep = r.random() < 0.3  # derivatives of derivatives above all
        while len(self.steps) < length:
            if not self.floats():
                return None
            k = r.random()
            if len(self.steps) < 4 or k < 0.36:
                s = self.op()
            elif deep and k < 0.70:
                s = self.grad(deep=True)
            elif k < 0.52:
                s = self.backward()
            elif k < 0.72:
                s = self.grad()
            elif k < 0.77:
                s = self.cleargrad()
            elif k < 0.80:
                s = self.cleargrad('zerograd')
            elif k < 0.86:
                s = self.set_data()
            elif k < 0.90:
                s = self.set_grad()
            elif k < 0.94:
                s = self.unchain()
            elif k < 0.985 or self.errors:
                s = self.variable()
            else:
                s = self.mistake()
            if s:
                self.take(s)
        done = [s['do'] for s in self.out if s.get('error') is None]
        return {'seed': self.seed, 'steps': self.out} if done.count('backward') + done.count('grad') >= 2 and not self.odd_recorded() and self.tame() else None

    def odd_recorded(self):
        """A derivative of x ** y, or of x / y beside a variable without requires_grad, was recorded: see the top."""
        power = quotient = constants = False
        for s in self.steps:
            constants = constants or s.get('requires_grad') is False
            if s['do'] == 'op' and all(isinstance(n, str) for n in s['inputs']):
                power = power or s['op'] == 'pow'
                quotient = quotient or s['op'] == 'div'
            if (power or quotient and constants) and s.get('enable_double_backprop'):
                return True
        return False

    def tame(self):
        """Finite, moderate, and the same in double precision."""
        for s in self.out:
            for v in arrays_of(s):
                if v.dtype.kind == 'f' and (not numpy.isfinite(v).all() or numpy.abs(v).max() > 300):
                    return False
        if not self.double:
            m = Machine(numpy.dtype('float64'))
            one, two = {}, {}
            for s, told in zip(self.steps, self.out):
                other = m.run(s)
                one.update(told['state'])
                two.update(other['state'])
                if told.get('error') != other.get('error') or not same([one, told.get('result')], [two, other.get('result')]):
                    return False
        return True


def arrays_of(s):
    for v in s['state'].values():
        yield v['data']
        if v['grad'] is not None:
            yield v['grad']
    for v in s.get('result', []):
        if v is not None:
            yield v


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if a is None or b is None:
        return a is b
    return numpy.allclose(a, b, 2e-5, 2e-6)


def random_programs(count):
    out, seed, thrown, failures = [], 0, 0, {}
    while len(out) < count:
        seed += 1
        try:
            p = Generator(seed).program()
        except Exception as e:  # Chainer's own: second derivatives that it cannot do
            key = type(e).__name__ + ': ' + str(e).strip().split('\n')[0][:70]
            failures[key] = failures.get(key, 0) + 1
            p = None
        if p is None:
            thrown += 1
            continue
        out.append(p)
    print(len(out), 'programs,', thrown, 'thrown away,', failures, file=sys.stderr)
    return out


def statistics(programs):
    count = {}
    for p in programs:
        bound = set()
        for s in p['steps']:
            def one(k):
                count[k] = count.get(k, 0) + 1
            one('steps')
            one(s['do'])
            if s.get('error'):
                one('error')
            if s['do'] == 'op':
                one('op ' + s['op'])
            for k in ('retain_grad', 'set_grad', 'grad_outputs', 'grad_inputs', 'requires_grad', 'loss_scale', 'enable_double_backprop', 'names', 'outputs', 'backward'):
                if k in s:
                    one(s['do'] + ' ' + k)
            if s['do'] == 'grad':
                if None in [None if g is None else 1 for g in s['result']]:
                    one('grad null')
                if set(s['inputs']) & set(s['outputs']):
                    one('grad input is output')
            n = s.get('name') or s.get('output') if s['do'] in ('variable', 'op') else None
            if n in bound:
                one('rebound')
            if n:
                bound.add(n)
    return count



# ---------------------------------------------------------------- named scenarios

def V(name, data, **more):
    return dict({'do': 'variable', 'name': name, 'data': data}, **more)


def O(output, op, *inputs, **args):
    s = {'do': 'op', 'op': op, 'inputs': list(inputs)}
    if args:
        s['args'] = args
    return dict(s, output=output)


def B(output, **more):
    return dict({'do': 'backward'}, **({'outputs': output} if isinstance(output, list) else {'output': output}), **more)


def G(outputs, inputs, **more):
    return dict({'do': 'grad', 'outputs': outputs.split(), 'inputs': inputs.split()}, **more)


def C(*names):
    return {'do': 'cleargrad', 'variables': list(names)}


def Z(*names):
    return {'do': 'zerograd', 'variables': list(names)}


def S(name, value):
    return {'do': 'set_grad', 'variable': name, 'value': value}


# The article: y = 2*x0 + 3*x1, z = 2*y
ARTICLE = [V('x0', [0, 1]), V('x1', [2, 3]), O('a', 'mul', 2, 'x0'), O('b', 'mul', 3, 'x1'), O('y', 'add', 'a', 'b'), O('z', 'mul', 2, 'y')]
ONES = [[1, 1]]
# y = x*x, z = y*w
CHAIN = [V('x', 3), V('w', 2), O('y', 'mul', 'x', 'x'), O('z', 'mul', 'y', 'w')]

SCENARIOS = [
    ('The article: gradients of two backwards add up in the leaves', ARTICLE + [
        B('y', grad_outputs=ONES), B('y', grad_outputs=ONES), B('z', grad_outputs=ONES)]),
    ('The article: cleargrad between two backwards starts anew', ARTICLE + [
        B('z', grad_outputs=ONES), C('x0', 'x1'), B('y', grad_outputs=ONES), C('x0'), B('y', grad_outputs=ONES)]),
    ('The article: grad adds nothing up and leaves no grad behind', ARTICLE + [
        G('z', 'x0'), G('z', 'x0'), G('y', 'x0'), G('z', 'x0 x1 y a z')]),
    ('The article: set_grad assigns, over what backward had left', ARTICLE + [
        B('z', grad_outputs=ONES), G('y', 'x0', set_grad=True), G('z', 'x0 x1', set_grad=True), G('z', 'y', set_grad=True)]),
    ('The article: retain_grad of grad, with null for the leaves', ARTICLE + [
        G('z', 'x0', retain_grad=True), G('y', 'x0', retain_grad=True)]),
    ('grad with retain_grad leaves grads only on the way to the inputs', ARTICLE + [
        G('z', 'y', retain_grad=True), G('z', 'b', retain_grad=True), G('z', 'x1', retain_grad=True, set_grad=True)]),
    ('grad with set_grad and retain_grad does both', ARTICLE + [
        G('z', 'x0 y', set_grad=True, retain_grad=True)]),
    ('backward with retain_grad leaves grads on all intermediates and the root; without, none', ARTICLE + [
        B('z', grad_outputs=ONES), B('z', grad_outputs=ONES, retain_grad=True), B('z')]),
    ('A root with many elements and no grad is refused; set_grad or grad_outputs is the way out', ARTICLE + [
        B('y'), S('y', [1, 2]), B('y'), B('y'), B('y', grad_outputs=[[3, 4]]), B('x0', grad_outputs=[[5, 6]]), B('x1')]),
    ('A diamond: both ways count', [
        V('x', 0.5), O('a', 'mul', 'x', 2), O('b', 'square', 'x'), O('y', 'mul', 'a', 'b'), B('y'), G('y', 'x a b'), B('y', retain_grad=True)]),
    ('A diamond of different depths: the deep way is waited for', [
        V('x', 0.5), O('a', 'tanh', 'x'), O('b', 'exp', 'a'), O('c', 'sin', 'b'), O('y', 'add', 'x', 'c'), O('z', 'mul', 'y', 'a'), B('z', retain_grad=True), G('z', 'a x')]),
    ('One variable used twice by one op', [
        V('x', [1, 2]), O('y', 'mul', 'x', 'x'), O('s', 'sum', 'y'), B('s'), O('t', 'add', 'x', 'x', 'x'), B('t', grad_outputs=ONES),
        O('u', 'sub', 'x', 'x'), G('u', 'x', set_grad=True), O('v', 'div', 'x', 'x'), G('v t', 'x')]),
    ('backward of a leaf of one element: its own grad is the seed, so twice leaves 1', [
        V('x', 3), B('x'), B('x'), S('x', 5), B('x'), B('x', retain_grad=True), V('w', [2]), B('w'), Z('w'), B('w')]),
    ('A leaf with a grad of its own gets more', [
        V('x', 3), B('x'), O('y', 'mul', 'x', 'x'), B('y'), S('x', 10), B('y'), Z('x'), B('y')]),
    ('Rebinding keeps the old node alive for those who use it', [
        V('x', 3), O('y', 'mul', 'x', 'x'), B('y'), V('x', 100), B('y'), O('y', 'mul', 'x', 'y'), B('y'), G('y', 'x'), O('y', 'mul', 'y', 'y'), B('y')]),
    ('x = op(x): a loop that rebinds its own name', [
        V('x', 0.5), V('w', 2), O('x', 'mul', 'x', 'w'), O('x', 'tanh', 'x'), O('x', 'mul', 'x', 'w'), B('x'), B('x', retain_grad=True), B('x'), G('x', 'w x')]),
    ('requires_grad false: backward adds nothing, there and to what follows from it', [
        V('x', 3), V('c', 2, requires_grad=False), O('d', 'mul', 'c', 3), O('y', 'mul', 'x', 'd'), B('y'), B('y', retain_grad=True)]),
    ('requires_grad false: grad finds a variable that the root\'s own op reads', [
        V('x', 3), V('c', 2, requires_grad=False), O('y', 'mul', 'x', 'c'), G('y', 'c'), G('y', 'x c', set_grad=True), G('c', 'c'), B('y')]),
    ('requires_grad false leaf as a root keeps its seed', [
        V('c', 2, requires_grad=False), B('c'), B('c'), C('c'), B('c', grad_outputs=[7])]),
    ('The old grad of an intermediate is neither used nor cleared by a backward from above', CHAIN + [
        S('y', 100), B('z'), B('z', retain_grad=True), S('y', 100), G('z', 'x'), G('z', 'x y', set_grad=True)]),
    ('The own grad of a root is its seed, and is used up', CHAIN + [
        S('z', 10), B('z'), B('z'), S('y', 10), B('y'), B('y', retain_grad=True), B('y', retain_grad=True)]),
    ('A root with grad zero sends zeros', CHAIN + [B('z'), Z('z'), B('z'), Z('x', 'w'), Z('z'), B('z', retain_grad=True)]),
    ('grad never uses an output\'s own grad', CHAIN + [S('z', 10), G('z', 'x'), G('z', 'x', retain_grad=True), G('z', 'x', grad_outputs=[5], retain_grad=True)]),
    ('Unreachable inputs are null; set_grad assigns the null', CHAIN + [
        V('q', 1), O('p', 'mul', 'q', 2), B('p', retain_grad=True), G('z', 'q x'), G('z', 'p q', set_grad=True), G('y', 'w', set_grad=True), G('y', 'z')]),
    ('grad of an output by itself is the seed', CHAIN + [
        G('z', 'z'), G('z', 'z', grad_outputs=[7]), G('x', 'x'), G('z', 'z x', retain_grad=True), G('z', 'z', set_grad=True), G('x', 'x', set_grad=True)]),
    ('Several outputs: the seeds add up on the way, an output may be an input and an inner variable', CHAIN + [
        G('z y', 'x y'), G('y z', 'x y'), G('z y x', 'x'), G('z y', 'x y z', grad_outputs=[None, 5], retain_grad=True), G('z w', 'w', set_grad=True)]),
    ('Intermediate inputs: the way beyond them is still walked if another input lies there', CHAIN + [
        G('z', 'y'), G('z', 'y x', retain_grad=True), G('z', 'x y', set_grad=True)]),
    ('retain_grad of grad reaches an output although no input is reachable', CHAIN + [
        V('q', 1), G('z', 'q', retain_grad=True), G('z y', 'w', retain_grad=True)]),
    ('grad_inputs: added to what comes, and the answer where nothing comes', CHAIN + [
        V('q', 1), G('z', 'x q', grad_inputs=[100, 7]), G('z', 'y x', grad_inputs=[10, None], retain_grad=True), G('z', 'x', grad_inputs=['w'], set_grad=True)]),
    ('loss_scale multiplies default seeds only, and stays in the results', CHAIN + [
        B('z', loss_scale=8), C('x', 'w'), B('z', grad_outputs=[1], loss_scale=8), G('z', 'x', loss_scale=8), G('z', 'x', grad_outputs=[1], loss_scale=8),
        C('x', 'w'), B('z', loss_scale=8, retain_grad=True)]),
    ('A backward from the middle, then from the end', CHAIN + [B('y'), B('z'), B('y'), G('z', 'x')]),
    ('Broadcasting: gradients come back in the shape of their variable', [
        V('x', [[1], [2]]), V('w', [10, 20]), V('b', 5), O('y', 'mul', 'x', 'w'), O('y', 'add', 'y', 'b'), B('y', grad_outputs=[[[1, 2], [3, 4]]]), B('y', grad_outputs=[[[1, 2], [3, 4]]], retain_grad=True),
        G('y', 'b x')]),
    ('zerograd and cleargrad touch the named variables only, or all', CHAIN + [
        B('z', retain_grad=True), Z('x'), C('w'), C(), Z(), {'do': 'zerograd'}, {'do': 'cleargrad'}]),
    ('Backward of two roots at once', CHAIN + [
        B(['z', 'y'], grad_outputs=[1, 10]), S('y', 3), B(['z', 'y']), C('x', 'w'), B(['z', 'x'], grad_outputs=[1, 1000]), B(['x', 'z'])]),
    ('A root named twice: its own grad counts once, given seeds add up', CHAIN + [
        S('y', 3), B(['y', 'y']), C('x'), B(['y', 'y'], grad_outputs=[1, 10])]),
    ('Several results: a part that is no root counts as zeros', [
        V('x', [1, 2, 3, 4]), O(['a', 'b'], 'split_axis', 'x', indices_or_sections=2, axis=0), O('y', 'mul', 'a', 'a'), B('y', grad_outputs=ONES), G('y', 'x a b'), B('b', grad_outputs=[[5, 6]])]),
    ('Gradients with a name are variables: the second derivative', [
        V('x', 2), O('y', 'pow', 'x', 3), G('y', 'x', enable_double_backprop=True, names=['gx']), G('gx', 'x', enable_double_backprop=True, names=['ggx']), G('ggx', 'x'), B('gx'), B('ggx')]),
    ('A gradient penalty: backward through a gradient', [
        V('x', [1, 2], dtype='float64'), V('w', [0.5, -1], dtype='float64'), O('h', 'mul', 'x', 'w'), O('t', 'tanh', 'h'), O('y', 'sum', 't'), G('y', 'x', enable_double_backprop=True, names=['gx']),
        O('q', 'square', 'gx'), O('p', 'sum', 'q'), O('l', 'add', 'y', 'p'), B('l'), G('l', 'w x')]),
]

ODD = [
    ('requires_grad false behind another op: no path', 'null for grad of y by c although the path x*(-c) is there (-3); for z = y*c only what the last op gives (-6 of -12); with d among the inputs the path is seen', [
        V('x', 3), V('c', 2, requires_grad=False), O('d', 'neg', 'c'), O('y', 'mul', 'x', 'd'), G('y', 'c'), G('y', 'd'), G('y', 'd c'), G('y', 'x c'), O('z', 'mul', 'y', 'c'), G('z', 'c'), G('z', 'x c')]),
    ('requires_grad false, read both by the root\'s op and further up: only part of the sum', 'y = x*c, z = y*c: dz/dc is 2*x*c, but Chainer goes up to y only if another input asks for it', [
        V('x', 3), V('c', 2, requires_grad=False), O('y', 'mul', 'x', 'c'), O('z', 'mul', 'y', 'c'), G('z', 'c'), G('z', 'c x'), G('z', 'y c')]),
    ('A root that follows from requires_grad false only: retain_grad leaves null there', 'the seed is used up, as in any backward, but not retained', [
        V('c', 2, requires_grad=False), O('y', 'mul', 'c', 'c'), S('y', 5), B('y', retain_grad=True), B('y')]),
    ('Several results: the old grad of the other part is used up by a backward', 'b.grad [5, 6] goes into x.grad and is null afterwards; with an op of one result an old grad is neither used nor cleared', [
        V('x', [1, 2, 3, 4]), O(['a', 'b'], 'split_axis', 'x', indices_or_sections=2, axis=0), S('b', [5, 6]), B('a', grad_outputs=ONES), B('a', grad_outputs=ONES)]),
    ('Several results: retain_grad of grad sets null on the other part', 'b.grad was [5, 6]; also by backward with retain_grad', [
        V('x', [1, 2, 3, 4]), O(['a', 'b'], 'split_axis', 'x', indices_or_sections=2, axis=0), S('b', [5, 6]), G('a', 'x', retain_grad=True)]),
    ('floor, sign and floordiv unchain: the result is a leaf with requires_grad false', 'so its seed stays as with any leaf root; a service that shows a creator may clear it', [
        V('x', 2.5), O('y', 'floor', 'x'), B('y'), O('z', 'mul', 'y', 'x'), B('z'), G('z', 'x y'), G('y', 'x'), O('s', 'sign', 'x'), B('s'), O('f', 'floordiv', 'x', 2), B('f')]),
    ('grad_inputs of an input that is an output replaces its seed', 'z by z with seed 1 and grad_inputs 10 is 10, not 11', [
        V('x', 3), O('z', 'square', 'x'), G('z', 'z', grad_inputs=[10]), G('z', 'z x', grad_inputs=[10, None]), G('x', 'x', grad_inputs=[10])]),
]


def play(steps):
    m = Machine()
    return [m.run(s) for s in steps]


def scenarios():
    out = [{'title': t, 'steps': play(s)} for t, s in SCENARIOS]
    out += [{'title': t, 'odd': why, 'steps': play(s)} for t, why, s in ODD]
    told = {p['title']: p['steps'] for p in out}
    near = lambda a, b: numpy.testing.assert_allclose(a, b, 1e-6)
    s = told['The article: grad adds nothing up and leaves no grad behind']
    near(s[6]['result'][0], [4, 4]), near(s[8]['result'][0], [2, 2])
    s = told['The article: set_grad assigns, over what backward had left']
    near(s[7]['state']['x0']['grad'], [2, 2])
    s = told['The article: retain_grad of grad, with null for the leaves']
    near(s[6]['state']['y']['grad'], [2, 2]), near(s[6]['state']['z']['grad'], [1, 1]), near(s[7]['state']['y']['grad'], [1, 1])
    assert 'x0' not in s[6]['state'] and 'x0' not in s[7]['state']
    return out


if __name__ == '__main__':
    named = scenarios()
    write('states.json', named, False)
    print(len(named), 'scenarios', file=sys.stderr)
    programs = random_programs(2005)
    print(dict(sorted(statistics(programs).items())), file=sys.stderr)
    write('programs.json', programs, True)
