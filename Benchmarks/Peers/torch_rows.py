"""PyTorch in process, on all processors; and orjson with NumPy beside it: `torch_rows.py ROW [JSON text]`."""
import os
import sys

import numpy as np
import orjson
import torch
import torch.nn.functional as F

from timing import serve

torch.set_num_threads(os.cpu_count())


def filled(*shape):
    """The same numbers that Sources/InProcess computes with."""
    count = int(np.prod(shape))
    return ((torch.arange(count) % 1000).float() / 500 - 1).reshape(shape)


def of_array(operation):
    def prepare():
        x = filled(1000, 1000)
        return lambda: operation(x)
    return prepare


def forward(operation, *shapes):
    def prepare():
        inputs = [filled(*shape).requires_grad_() for shape in shapes]
        return lambda: operation(*inputs)
    return prepare


def backward(operation, *shapes):
    def prepare():
        inputs = [filled(*shape).requires_grad_() for shape in shapes]
        y = operation(*inputs)
        ones = torch.ones_like(y)
        return lambda: torch.autograd.grad(y, inputs, ones, retain_graph=True)
    return prepare


def four_ops():
    def work():
        x0 = torch.tensor([0.0, 1.0], requires_grad=True)
        x1 = torch.tensor([2.0, 3.0], requires_grad=True)
        z = 2 * (2 * x0 + 3 * x1)
        return torch.autograd.grad(z, x0, torch.ones_like(z))
    return work


def training():
    x, t = filled(64, 784), torch.arange(64) % 10
    weights = [(filled(*shape) / 28).requires_grad_() for shape in [(256, 784), (256,), (10, 256), (10,)]]
    w1, b1, w2, b2 = weights

    def work():
        loss = F.cross_entropy(F.linear(F.relu(F.linear(x, w1, b1)), w2, b2), t)
        return torch.autograd.grad(loss, weights)
    return work


def text():
    with open(sys.argv[2], "rb") as file:
        return file.read()


def read_json():
    body = text()
    return lambda: np.array(orjson.loads(body), dtype=np.float32)


def write_json():
    array = np.array(orjson.loads(text()), dtype=np.float32)
    return lambda: orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY)


def convolve(x, w):
    return F.conv2d(x, w, padding=1)


def convolve_depthwise(x, w):
    return F.conv2d(x, w, padding=1, groups=64)


IMAGES = (8, 64, 56, 56)
WINDOWS = {
    "convolution": (convolve, IMAGES, (64, 64, 3, 3)),
    "convolution-rgb": (convolve, (8, 3, 56, 56), (64, 3, 3, 3)),
    "depthwise": (convolve_depthwise, IMAGES, (64, 1, 3, 3)),
    "max-pooling": (lambda x: F.max_pool2d(x, 2), IMAGES),
    "average-pooling": (lambda x: F.avg_pool2d(x, 2), IMAGES),
}

serve({
    "read-json": read_json,
    "write-json": write_json,
    "four-ops": four_ops,
    "tanh": of_array(torch.tanh),
    "exp": of_array(torch.exp),
    "add": of_array(lambda x: x + x),
    "neg": of_array(torch.neg),
    "sum": of_array(torch.sum),
    "sum-axis-1": of_array(lambda x: x.sum(1)),
    "softmax": of_array(lambda x: torch.softmax(x, 1)),
    "matmul": of_array(lambda x: x @ x),
    "training": training,
    **{name: forward(*window) for name, window in WINDOWS.items()},
    **{name + "-backward": backward(*window) for name, window in WINDOWS.items()},
})
