# The functions that move elements: chainer/functions/array. See oracle.py.
import numpy
import chainer
import chainer.functions as F
from oracle import *

F16 = numpy.float16


def gathered(x, index):
    """The elements at offsets in C order: a formula with gradients of any order."""
    return F.get_item(F.flatten(x), (index,))


def strided(x, shape, strides, storage_offset=None):
    """as_strided, where Chainer's own backward fails (a result without axes) or has no backward of its own."""
    places = [numpy.arange(n).reshape((-1,) + (1,) * (len(shape) - i - 1)) * s for i, (n, s) in enumerate(zip(shape, strides))]
    return gathered(x, numpy.asarray(sum(places, storage_offset or 0), numpy.int64).reshape(shape))


def split_up(xs, a):
    """split_axis at positions that fall: Chainer's gradient is of another shape than x, that of slices is right."""
    x, axis, cuts = xs[0], a['axis'], a['indices_or_sections']
    ys = [F.get_item(x, (slice(None),) * axis + (slice(i, j),)) for i, j in zip([0] + cuts, cuts + [x.shape[axis]])]
    assert [y.array.tolist() for y in ys] == [y.array.tolist() for y in F.split_axis(x, cuts, axis)]
    return ys


def rows(xs, a):
    """transpose_sequence, whose backward in Chainer needs the gradients of all results."""
    return [F.stack([x[i] for x in xs if len(x) > i]) for i in range(len(xs[0]))]


def median(x, axis, keepdims):
    n = x.shape[axis]
    order = numpy.argsort(x.array, axis).take([(n - 1) // 2, n // 2], axis)
    places = numpy.take_along_axis(numpy.arange(x.size).reshape(x.shape), order, axis)
    return F.average(gathered(x, places), axis=axis, keepdims=keepdims)


def padded(xs, a):
    """numpy.pad. Chainer's gradient leaves out what the padding has from x: right for constants only."""
    x, width, mode = xs[0], tuples(a['pad_width']), a['mode']
    if mode == 'constant':
        if x.ndim:  # Its gradient takes no pair of pairs for all axes.
            width = numpy.broadcast_to(width, (x.ndim, 2)).tolist()
        return F.pad(x, width, mode, **{k: tuples(v) for k, v in a.items() if k == 'constant_values'})
    y = x
    if mode in ('edge', 'reflect', 'symmetric', 'wrap'):
        y = gathered(x, numpy.pad(numpy.arange(x.size).reshape(x.shape), width, mode))
    else:
        for axis, (before, after) in enumerate(numpy.broadcast_to(width, (x.ndim, 2))):
            if before == after == 0:
                continue
            first, last = (F.get_item(y, (slice(None),) * axis + (slice(i, i + 1),)) for i in (0, y.shape[axis] - 1))
            if mode == 'linear_ramp':
                shape = (-1,) + (1,) * (y.ndim - axis - 1)
                left, right = (numpy.arange(n, dtype=x.dtype) / max(n, 1) for n in (before, after))
                parts = [first * left.astype(x.dtype).reshape(shape), last * right[::-1].astype(x.dtype).reshape(shape)]
            else:
                f = {'median': median, 'maximum': F.max, 'minimum': F.min, 'mean': F.average}[mode](y, axis=axis, keepdims=True)
                parts = [F.broadcast_to(f, y.shape[:axis] + (n,) + y.shape[axis + 1:]) for n in (before, after)]
            y = F.concat([parts[0], y, parts[1]], axis)
    assert numpy.allclose(y.array, F.pad(x, width, mode).array, 1e-4)
    return y


def wrapped(xs, a):
    """NumPy before 1.25 pads wrongly by more than the array's length."""
    index = numpy.arange(-a['pad_width'][0], xs[0].size + a['pad_width'][1]) % xs[0].size
    return gathered(xs[0], index)


def resized(xs, a):
    """resize_images by matrices, for the dtypes that Chainer refuses."""
    x, size = xs[0], a['output_shape']
    f = chainer.functions.array.resize_images.compute_indices_and_weights
    v, u, vw, uw = f(size, x.shape[2:], a.get('mode', 'bilinear'), a.get('align_corners', True), numpy)

    def matrix(place, weight, n):
        m = numpy.zeros((len(place), n), x.dtype)
        for row, (i, w) in enumerate(zip(place.astype(int), weight)):
            m[row, i] += 1 - w
            m[row, min(i + 1, n - 1)] += w
        return numpy.broadcast_to(m, x.shape[:2] + m.shape)
    return F.matmul(F.matmul(matrix(v, vw, x.shape[2]), x), matrix(u, uw, x.shape[3]), transb=True)


def grid(xs, a):
    h, w = a['output_shape']
    y, x = numpy.meshgrid(numpy.linspace(-1, 1, h), numpy.linspace(-1, 1, w), indexing='ij')
    plane = numpy.stack([x.ravel(), y.ravel(), numpy.ones(h * w)]).astype(xs[0].dtype)
    return F.reshape(F.matmul(xs[0], numpy.broadcast_to(plane, (len(xs[0]),) + plane.shape)), (len(xs[0]), 2, h, w))


def sampled(xs, a):
    """Chainer's sampler as a formula that can be differentiated twice."""
    x, grid = xs

    def sides(coordinate, n):
        place = (coordinate + 1) * ((n - 1) / 2) + 1
        bound = numpy.clip(place.array, 0, n + 1)
        place = F.where((place.array > 0) & (place.array < n + 1), place, bound)
        low = numpy.floor(bound).astype(int).clip(0, n)
        return (low, (low + 1).astype(x.dtype) - place), (low + 1, place - low.astype(x.dtype))
    image = F.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), 'constant')
    batch = numpy.arange(len(x)).reshape(-1, 1, 1)
    y = 0
    for row, v in sides(grid[:, 1], x.shape[2]):
        for column, u in sides(grid[:, 0], x.shape[3]):
            y += F.get_item(image, (batch, slice(None), row, column)) * F.expand_dims(u * v, 3)
    return F.transpose(y, (0, 3, 1, 2))


def joined(name):
    return lambda xs, a: getattr(F, name)(xs, **a)


OPS.update({
    'scatter_add': lambda xs, a: F.scatter_add(xs[0], index(a['slices']), xs[1]),
    'select_item': lambda xs, a: F.select_item(xs[0], xs[1]),
    'split_axis': lambda xs, a: F.split_axis(xs[0], **a),
    'pad': padded,
    'permutate': lambda xs, a: F.permutate(xs[0], xs[1], a.get('axis', 0), a.get('inv', False)),
})
for name in 'stack hstack vstack dstack pad_sequence transpose_sequence'.split():
    OPS[name] = joined(name)
for name in ('as_strided broadcast depth2space diagonal flatten flip fliplr flipud im2col moveaxis repeat resize_images '
             'rollaxis separate space2depth spatial_transformer_grid spatial_transformer_sampler swapaxes tile').split():
    OPS[name] = fn(getattr(F, name))


def cases_of(op, *calls, **keywords):
    """Each call, shapes and arguments, in one dtype after the other."""
    for i, (shapes, args) in enumerate(calls):
        case(op, [rand(s, (F32, F64)[i % 2]) for s in shapes], args, **keywords)


def refuse_all(op, *calls):
    for inputs, args in calls:
        refuse(op, inputs, args)


def also(op, inputs, args, f, **keywords):
    """A case that Chainer gets wrong or refuses, answered by another function."""
    kept, OPS[op] = OPS[op], f
    case(op, inputs, args, **keywords)
    OPS[op] = kept

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

# ---------------------------------------------------------------- one array of several, several of one
for op in ('hstack', 'vstack', 'dstack', 'stack'):
    cases_of(op, ([(), ()], {}), ([()], {}), ([(3,), (3,)], {}), ([(2, 3), (2, 3)], {}), ([(2, 1, 2)] * 3, {}), ([(0,), (0,)], {}))
    case(op, [ints([1, 2]), ints([3, 4])]), case(op, [bools([[True]]), bools([[False]])])
    refuse_all(op, ([rand((2,)), rand((2, 1))], {}), ([rand(()), rand((1,))], {}), ([rand((2,)), rand((2,), F64)], {}), ([], {}),
               ([rand((2, 2, 2)), rand((1, 3, 2))], {}))
cases_of('hstack', ([(2,), (3,)], {}), ([(2, 1), (2, 2)], {}), ([(0,), (2,)], {}), ([(1, 1, 2), (1, 2, 2)], {}))
cases_of('vstack', ([(1, 2), (2, 2)], {}), ([(1, 1, 2), (2, 1, 2)], {}))
cases_of('dstack', ([(1, 2, 1), (1, 2, 2)], {}), ([(1, 1, 1, 2), (1, 1, 2, 2)], {}))
cases_of('stack', ([(2,), (2,)], {'axis': 1}), ([(2,), (2,)], {'axis': -1}), ([(2, 1), (2, 1)], {'axis': 1}), ([(2, 1), (2, 1)], {'axis': -3}))
refuse_all('hstack', ([rand((1, 2)), rand((2, 2))], {})), refuse_all('vstack', ([rand((2,)), rand((3,))], {}), ([rand((1, 2)), rand((1, 3))], {}))
refuse_all('dstack', ([rand((2, 1)), rand((2, 2))], {})), refuse_all('stack', ([rand((2,)), rand((3,))], {}), ([rand((2,))], {'axis': 2}), ([rand((2,))], {'axis': -3}))
cases_of('broadcast', ([(2, 1), (3,)], {}), ([(), (2,)], {}), ([(2, 2)], {}), ([(2,), (1, 2), (2, 1)], {}), ([(1,), (0,)], {}))
case('broadcast', [rand((2, 1)), ints([1, 2])]), refuse('broadcast', [rand((2,)), rand((3,))]), refuse('broadcast', [rand((2, 1)), rand((3, 2))])
cases_of('separate', ([(2, 3)], {}), ([(2, 3)], {'axis': 1}), ([(2, 3)], {'axis': -1}), ([(1, 2)], {}), ([(2,)], {}), ([(2, 0)], {}))
case('separate', [ints([[1, 2], [3, 4]])], {'axis': -2}), case('separate', [rand((3, 2))], {}, skip_gy=(0, 2))
refuse_all('separate', ([rand(())], {}), ([rand((2,))], {'axis': 1}), ([rand((2,))], {'axis': -2})), nonsense('separate', [rand((0, 2))], {}, 'divides by zero')
for shape, args in [((5,), {'indices_or_sections': [3, 1], 'axis': 0}), ((5,), {'indices_or_sections': [4, 2, 3], 'axis': 0}), ((1, 3), {'indices_or_sections': [7, 2], 'axis': 1}),
                    ((4,), {'indices_or_sections': [-1], 'axis': 0}), ((4,), {'indices_or_sections': [-3, -1], 'axis': 0}), ((3,), {'indices_or_sections': [-7], 'axis': 0})]:
    also('split_axis', [rand(shape)], args, split_up), also('split_axis', [rand(shape, F64)], args, split_up, skip_gy=(0,))
case('split_axis', [rand((0,))], {'indices_or_sections': 3, 'axis': 0}), refuse('split_axis', [rand((3,))], {'indices_or_sections': [1, 4], 'axis': 0}), refuse('split_axis', [rand((3,))], {'indices_or_sections': -3, 'axis': 0})
cases_of('pad_sequence', ([(2,), (3,), (1,)], {}), ([(2, 2), (1, 2)], {'length': 3, 'padding': -1.5}), ([(0,), (2,)], {}), ([(1, 2)], {'length': 2}))
case('pad_sequence', [ints([1, 2]), ints([3])], {'padding': -1}), case('pad_sequence', [bools([True, True]), bools([False])], {'padding': 1})
case('pad_sequence', [rand((1,)), rand((2,))], {'padding': nan}), case('pad_sequence', [rand((2, 0)), rand((1, 0))], {}, gy=False), case('pad_sequence', [f32([]), f32([])], {}, gy=False), case('pad_sequence', [f32([]), f32([])], {'length': 2}, gy=False)
refuse_all('pad_sequence', ([rand(()), rand(())], {}), ([rand((2,)), rand((2, 1))], {}), ([rand((2, 2)), rand((2, 3))], {}), ([rand((2,)), rand((3,))], {'length': 2}),
           ([rand((2,))], {'length': -1}), ([rand((2,)), rand((2,), F64)], {}), ([], {}))
cases_of('transpose_sequence', ([(3,), (2,), (2,)], {}), ([(2, 2), (1, 2)], {}), ([(2,)], {}), ([(2,), (0,)], {}), ([(1, 1, 2), (1, 1, 2)], {}))
case('transpose_sequence', [ints([1, 2]), ints([3])]), also('transpose_sequence', [rand((3,)), rand((2,))], {}, rows, skip_gy=(0, 2))
refuse_all('transpose_sequence', ([rand((1,)), rand((2,))], {}), ([rand((2, 2)), rand((1, 3))], {}), ([rand(()), rand(())], {}))

# ---------------------------------------------------------------- another order
cases_of('flatten', ([()], {}), ([(2, 3)], {}), ([(2, 0)], {}))
cases_of('flip', ([(3,)], {'axis': 0}), ([(2, 3)], {'axis': 1}), ([(2, 3)], {'axis': -2}), ([(2, 0)], {'axis': 1}), ([(2, 2, 2)], {'axis': -1}))
cases_of('fliplr', ([(2, 3)], {}), ([(1, 2, 2)], {})), cases_of('flipud', ([(3,)], {}), ([(2, 3)], {}), ([(0,)], {}))
cases_of('moveaxis', ([(2, 1, 3)], {'source': 0, 'destination': -1}), ([(2, 1, 3)], {'source': [0, 2], 'destination': [2, 0]}), ([(2, 1, 3)], {'source': [-1, 1], 'destination': [0, 1]}),
         ([(2, 3)], {'source': [], 'destination': []}))
for axis, start in [(0, 0), (0, 2), (0, 3), (2, 0), (-1, -2), (-3, -1)]:
    case('rollaxis', [rand((2, 1, 3), F64 if axis < 0 else F32)], {'axis': axis, 'start': start})
case('rollaxis', [rand((2, 3))], {'axis': 1})
cases_of('swapaxes', ([(2, 1, 3)], {'axis1': 0, 'axis2': 2}), ([(2, 3)], {'axis1': -1, 'axis2': 0}), ([(2, 3)], {'axis1': 1, 'axis2': 1}))
for op, args in [('flatten', {}), ('flip', {'axis': 0}), ('rollaxis', {'axis': 1}), ('swapaxes', {'axis1': 0, 'axis2': 1})]:
    case(op, [ints([[1, 2], [3, 4]])], args), case(op, [rand((2, 2), F16)], args)
refuse_all('flip', ([rand(())], {'axis': 0}), ([rand((2,))], {'axis': 1}), ([rand((2,))], {'axis': -2}))
refuse_all('fliplr', ([rand((2,))], {}), ([ints([[1, 2]])], {})), refuse_all('flipud', ([rand(())], {}), ([ints([1, 2])], {}))
refuse_all('moveaxis', *[([rand((2, 3))], {'source': s, 'destination': d}) for s, d in [(2, 0), (0, -3), ([0, 0], [0, 1]), ([0, 1], [1, 1]), ([0, 1], [0]), (0, [0, 1])]])
refuse('moveaxis', [ints([[1, 2]])], {'source': 0, 'destination': 1})
refuse_all('rollaxis', *[([rand((2, 3))], {'axis': i, 'start': j}) for i, j in [(2, 0), (-3, 0), (0, 3), (0, -3)]])
refuse_all('swapaxes', *[([rand((2, 3))], {'axis1': i, 'axis2': j}) for i, j in [(2, 0), (0, 2), (-3, 0)]])
cases_of('depth2space', ([(1, 4, 1, 2)], {'r': 2}), ([(1, 8, 1, 1)], {'r': 2}), ([(2, 1, 1, 2)], {'r': 1}), ([(0, 4, 1, 1)], {'r': 2}))
cases_of('space2depth', ([(1, 1, 2, 4)], {'r': 2}), ([(1, 2, 2, 2)], {'r': 2}), ([(1, 1, 3, 3)], {'r': 3}))
for op in ('depth2space', 'space2depth'):
    refuse_all(op, ([rand((4, 2, 2))], {'r': 2}), ([rand((1, 2, 3, 2))], {'r': 2}), ([ints([[[[1]]]])], {'r': 1}), ([rand((1, 4, 2, 2))], {'r': -2}))
    nonsense(op, [rand((1, 4, 2, 2))], {'r': 0}, 'divides by zero')

# ---------------------------------------------------------------- elements at computed places
twice = lambda xs, a: strided(xs[0], **a)
cases_of('as_strided', ([(4,)], {'shape': [3, 2], 'strides': [1, 1], 'storage_offset': 0}), ([(2, 3)], {'shape': [2, 2], 'strides': [1, 3], 'storage_offset': 1}),
         ([(4,)], {'shape': [2], 'strides': [-2], 'storage_offset': 3}), ([(2, 2)], {'shape': [2, 3], 'strides': [2, 0]}), ([(4,)], {'shape': [1, 2], 'strides': [9, 2]}), twice=twice)
for x, args in [(rand((4,)), {'shape': [], 'strides': [], 'storage_offset': 2}), (rand((4,)), {'shape': [2, 2], 'strides': [0, 0], 'storage_offset': 3}), (rand(()), {'shape': [2], 'strides': [0]}),
                (rand((4,), F64), {'shape': [1], 'strides': [100]}), (rand((4,)), {'shape': [0], 'strides': [1], 'storage_offset': 3}), (rand((0,)), {'shape': [2, 0], 'strides': [1, 1]})]:
    also('as_strided', [x], args, twice)
case('as_strided', [ints([1, 2, 3])], {'shape': [2], 'strides': [2]})
refuse_all('as_strided', *[([rand((4,))], {'shape': s, 'strides': t, 'storage_offset': o}) for s, t, o in [
    ([2], [2], 3), ([2], [-1], 0), ([2, 2], [1], 0), ([2], [1], -1), ([1], [1], 4), ([0], [1], 6), ([-1], [1], 0), ([2], [2 ** 40], 0), ([2], [-2 ** 40], 3), ([1], [1], 2 ** 40)]])
cases_of('diagonal', ([(2, 3)], {}), ([(3, 2)], {}), ([(2, 3)], {'offset': 1}), ([(3, 2)], {'offset': -1}), ([(2, 3)], {'offset': 7}), ([(2, 3)], {'offset': -7}), ([(2, 3)], {'axis1': 1, 'axis2': 0, 'offset': 1}),
         ([(2, 2, 2)], {}), ([(2, 1, 3)], {'axis1': 0, 'axis2': 2, 'offset': 1}), ([(1, 2, 2)], {'axis1': -1, 'axis2': -2, 'offset': -1}), ([(0, 2, 3)], {'axis1': 1, 'axis2': 2, 'offset': 1}))
case('diagonal', [ints([[1, 2], [3, 4]])], {'offset': 1})
refuse_all('diagonal', ([rand((2,))], {}), ([rand((2, 2))], {'axis1': 2}), ([rand((2, 2))], {'axis2': -3}), ([rand((2, 2))], {'axis1': 1}), ([rand((2, 2))], {'axis2': -2}))
for shape, t, args in [((3,), [2, 0, 1], {}), ((3,), [2, 0, 1], {'inv': True}), ((3, 2), [1, 2, 0], {}), ((2, 3), [2, 0, 1], {'axis': 1, 'inv': True}), ((0,), [], {})]:
    case('permutate', [rand(shape), ints(t)], args)
case('permutate', [rand((3, 2), F64), ints([1, 2, 0], numpy.int64)])
case('permutate', [ints([5, 6]), ints([1, 0])])
right = lambda xs, a: F.permutate(xs[0], xs[1], a['axis'] % xs[0].ndim, a.get('inv', False))  # Chainer takes a negative axis for 0.
for args in ({'axis': -1}, {'axis': -1, 'inv': True}):
    also('permutate', [rand((2, 3)), ints([2, 0, 1])], args, right), also('permutate', [rand((2, 3), F64), ints([2, 0, 1])], args, right)
with chainer.using_config('debug', True):
    refuse_all('permutate', *[([rand((3,)), t], a) for t, a in [(ints([0, 1, 1]), {}), (ints([0, 1, 3]), {}), (ints([0, 1, -1]), {}), (ints([0, 1, 2]), {'axis': 1}), (ints([[0, 1, 2]]), {}), (rand((3,)), {})]])
nonsense('permutate', [rand((3,)), ints([1, 0])], {}, 'has no gradient')
cases_of('repeat', ([()], {'repeats': 2}), ([(3,)], {'repeats': 2}), ([(2, 2)], {'repeats': 2}), ([(2, 2)], {'repeats': [2], 'axis': 1}), ([(2, 3)], {'repeats': 3, 'axis': 0}), ([(2, 3)], {'repeats': [2, 0, 1], 'axis': -1}),
         ([(2,)], {'repeats': [1, 2], 'axis': 0}), ([(2, 2)], {'repeats': [1, 0, 2, 1]}), ([(2,)], {'repeats': 0}), ([(2, 0)], {'repeats': [2, 1], 'axis': 0}), ([(0, 2)], {'repeats': 2, 'axis': 1}))
case('repeat', [ints([1, 2])], {'repeats': [2, 1]}), case('repeat', [bools([[True, False]])], {'repeats': 2, 'axis': 0})
refuse_all('repeat', *[([rand((2,))], a) for a in [{'repeats': -1}, {'repeats': [1, -1]}, {'repeats': [1, 2, 3]}, {'repeats': []}, {'repeats': 2, 'axis': 1}, {'repeats': 2, 'axis': -2}]])
cases_of('tile', ([()], {'reps': 2}), ([(3,)], {'reps': 2}), ([(2,)], {'reps': [2, 2]}), ([(2,)], {'reps': [2, 1, 2]}), ([(2, 3)], {'reps': 2}), ([(1, 2)], {'reps': [2, 1]}), ([(2,)], {'reps': []}), ([(2,)], {'reps': 0}),
         ([(2, 1, 2)], {'reps': [2, 1]}), ([(0,)], {'reps': [2, 3]}))
case('tile', [ints([1, 2])], {'reps': [2, 1]}), case('tile', [bools([True, False])], {'reps': 2})
refuse('tile', [rand((2,))], {'reps': -1}), refuse('tile', [rand((2,))], {'reps': [2, -1]})

# ---------------------------------------------------------------- pad
cases_of('pad', *[([shape], {'pad_width': w, 'mode': 'constant', **a}) for shape, w, a in [
    ((3,), 1, {}), ((3,), [0, 2], {'constant_values': 1.5}), ((2, 2), [[1, 0], [0, 1]], {'constant_values': [[1, 2], [3, 4]]}), ((2, 1), [1, 1], {'constant_values': [1, -1]}), ((1, 2), [[0, 1]], {}),
    ((), 1, {}), ((0,), 1, {}), ((2, 0), [[0, 0], [1, 0]], {'constant_values': 2}), ((1, 2), 0, {}), ((2,), [1], {'constant_values': [2]})]])
case('pad', [rand((2,))], {'pad_width': 1, 'mode': 'constant', 'constant_values': [nan, inf]}), case('pad', [rand((2,), F16)], {'pad_width': 1, 'mode': 'constant'})
for mode in ('edge', 'reflect', 'symmetric', 'wrap', 'linear_ramp', 'maximum', 'minimum', 'mean', 'median'):
    cases_of('pad', ([(3,)], {'pad_width': [2, 3], 'mode': mode}), ([(2, 3)], {'pad_width': [[1, 0], [0, 2]], 'mode': mode}))
    case('pad', [rand((1, 1, 2), F64)], {'pad_width': [1, 0], 'mode': mode}), case('pad', [rand((2, 0))], {'pad_width': [[1, 0], [0, 0]], 'mode': mode}, gy=False)
for mode in ('edge', 'reflect', 'symmetric'):
    case('pad', [rand((3,))], {'pad_width': [7, 6], 'mode': mode}), case('pad', [rand((1,))], {'pad_width': 2, 'mode': mode})
also('pad', [rand((3,))], {'pad_width': [2, 5], 'mode': 'wrap'}, wrapped), also('pad', [rand((2,), F64)], {'pad_width': [5, 4], 'mode': 'wrap'}, wrapped)
OPS['pad'] = fn(F.pad)
for mode in ('edge', 'reflect', 'wrap', 'linear_ramp', 'maximum', 'mean'):
    refuse_all('pad', ([rand((0,))], {'pad_width': 1, 'mode': mode}), ([rand((2,))], {'pad_width': -1, 'mode': mode}))
refuse_all('pad', *[([x], a) for x, a in [(ints([1, 2]), {'pad_width': 1, 'mode': 'constant'}), (rand((2,)), {'pad_width': 1, 'mode': 'other'}), (rand((2,)), {'pad_width': [[1, 1], [1, 1]], 'mode': 'constant'}),
    (rand((2, 2)), {'pad_width': [1, 2, 3], 'mode': 'constant'}), (rand((2,)), {'pad_width': -1, 'mode': 'constant'}), (rand((2,)), {'pad_width': [], 'mode': 'constant'}),
    (rand((2,)), {'pad_width': 1, 'mode': 'edge', 'constant_values': 1}), (rand((2,)), {'pad_width': 1.5, 'mode': 'edge'}), (rand((2,)), {'pad_width': 1, 'mode': 'constant', 'constant_values': [1, 2, 3]})]])

# ---------------------------------------------------------------- images
cases_of('im2col', *[([shape], a) for shape, a in [
    ((1, 1, 3, 3), {'ksize': 2}), ((1, 2, 2, 2), {'ksize': [2, 1]}), ((1, 1, 3, 2), {'ksize': 2, 'pad': 1, 'stride': 2}), ((1, 1, 2, 4), {'ksize': [1, 2], 'stride': [2, 3], 'cover_all': True}), ((2, 1, 2, 2), {'ksize': 1}),
    ((1, 1, 3, 3), {'ksize': 2, 'dilate': 2, 'pad': [1, 0]}), ((1, 1, 1, 4), {'ksize': [1, 2], 'dilate': [1, 3]}), ((1, 1, 1, 1), {'ksize': 2, 'stride': 2, 'cover_all': True}), ((1, 1, 2, 2), {'ksize': 1, 'stride': 5}),
    ((1, 1, 1, 1), {'ksize': 1, 'pad': 2, 'stride': 4}), ((0, 1, 2, 2), {'ksize': 2}), ((1, 1, 0, 1), {'ksize': [2, 1], 'pad': [1, 0]})]])
case('im2col', [rand((1, 1, 2, 2), F16)], {'ksize': 1, 'pad': 1})
refuse_all('im2col', *[([x], a) for x, a in [(rand((1, 2, 2)), {'ksize': 1}), (ints([[[[1]]]]), {'ksize': 1}), (rand((1, 1, 2, 2)), {'ksize': 3}), (rand((1, 1, 2, 2)), {'ksize': 2, 'dilate': 2}), (rand((1, 1, 2, 2)), {'ksize': [2, 3]}),
    (rand((1, 1, 2, 2)), {'ksize': 1, 'pad': -1}), (rand((1, 1, 2, 2)), {'ksize': [1, 1, 1]}), (rand((1, 1, 2, 2)), {'ksize': 2 ** 62})]])
nonsense('im2col', [rand((1, 1, 2, 2))], {'ksize': 1, 'stride': 0}, 'divides by zero'), nonsense('im2col', [rand((1, 1, 2, 2))], {'ksize': 0}, 'gives windows of nothing')
for shape, size in [((1, 2, 3, 2), [2, 1]), ((2, 1, 1, 3), [2, 1]), ((1, 1, 2, 3), [2, 3])]:
    for a in ({}, {'align_corners': False}, {'mode': 'nearest'}):
        case('resize_images', [rand(shape)], {'output_shape': size, **a}), also('resize_images', [rand(shape, F64)], {'output_shape': size, **a}, resized)
refuse_all('resize_images', *[([x], a) for x, a in [(rand((1, 2, 2)), {'output_shape': [1, 1]}), (ints([[[[1]]]]), {'output_shape': [1, 1]}), (rand((1, 1, 2, 2)), {'output_shape': [1]}), (rand((1, 1, 2, 2)), {'output_shape': [-1, 2]})]])
nonsense('resize_images', [rand((1, 1, 2, 2))], {'output_shape': [0, 2]}, 'divides by zero'), nonsense('resize_images', [rand((1, 1, 0, 2))], {'output_shape': [1, 2]}, 'reads outside')
cases_of('spatial_transformer_grid', ([(1, 2, 3)], {'output_shape': [2, 3]}), ([(2, 2, 3)], {'output_shape': [1, 2]}), ([(1, 2, 3)], {'output_shape': [1, 1]}), ([(0, 2, 3)], {'output_shape': [1, 2]}),
         ([(1, 2, 3)], {'output_shape': [0, 2]}), twice=grid)
refuse_all('spatial_transformer_grid', *[([x], a) for x, a in [(rand((2, 3)), {'output_shape': [1, 2]}), (rand((1, 3, 2)), {'output_shape': [1, 2]}), (ints([[[1, 2, 3], [4, 5, 6]]]), {'output_shape': [1, 2]}),
    (rand((1, 2, 3)), {'output_shape': [2]}), (rand((1, 2, 3)), {'output_shape': [-1, 2]})]])
cases_of('spatial_transformer_sampler', ([(1, 1, 3, 3), (1, 2, 2, 3)], {}), ([(2, 2, 2, 3), (2, 2, 1, 2)], {}), ([(1, 1, 1, 1), (1, 2, 1, 4)], {}), ([(1, 1, 4, 2), (1, 2, 3, 1)], {}), twice=sampled)
for dtype in (F32, F64):  # Corners, the border of zeros and what lies beyond it.
    edge = numpy.array([[[[-1, 1, -1, 1, 0, -2, 2, -5]], [[-1, -1, 1, 1, 0, -2, 0, 5]]]], dtype)
    case('spatial_transformer_sampler', [rand((1, 2, 3, 3), dtype), edge], {}, twice=sampled)
case('spatial_transformer_sampler', [rand((1, 1, 2, 2)), numpy.full((1, 2, 1, 1), nan, F32)], gy=False)
refuse_all('spatial_transformer_sampler', *[([x, g], {}) for x, g in [(rand((1, 2, 2)), rand((1, 2, 1, 1))), (rand((1, 1, 2, 2)), rand((2, 2, 1, 1))), (rand((1, 1, 2, 2)), rand((1, 3, 1, 1))), (rand((1, 1, 2, 2)), rand((1, 2, 1))),
    (rand((1, 1, 2, 2)), rand((1, 2, 1, 1), F64)), (ints([[[[1]]]]), ints([[[[1]], [[1]]]]))]])

write(__file__)
