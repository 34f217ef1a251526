"""Chainer in process: `chainer_rows.py ROW`."""
import chainer
import numpy as np

from timing import serve


def four_ops():
    def work():
        x0 = chainer.Variable(np.array([0, 1], dtype=np.float32))
        x1 = chainer.Variable(np.array([2, 3], dtype=np.float32))
        z = 2 * (2 * x0 + 3 * x1)
        return chainer.grad([z], [x0])
    return work


serve({"four-ops": four_ops})
