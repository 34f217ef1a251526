"""The rows: for each its name, what is measured, our side, and the peers with the bars against them."""
from . import graphs
from .load import HEALTH, health_beside, load, seconds_each
from .row import Figure, Peer, row
from .services import chainer_flask, gradd, hummingbird, limit, nginx, torch_fastapi
from .sides import chainer, echo, engine, memory, numpy, torch

TIME = (Figure("s"),)
LOAD = (Figure("req/s"), Figure("s", "median"), Figure("s", "p99"))


def bar(connections, at_least):
    """One connection waits for the kernel most of the time, whoever answers (the bare loop is not 20 times as fast as
    PyTorch's service then): it has no bar."""
    return at_least if connections > 1 else None


def counted(count, word):
    return f"{count:,} {word}{'s' if count > 1 else ''}"


def grad(connections):
    def asked(service):
        return load(service, connections, graphs.GRAD, graphs.four_ops)

    return row(
        f"grad-{connections}", f"`grad` of the four-op graph over HTTP, {counted(connections, 'connection')}", LOAD,
        asked(gradd),
        Peer("FastAPI + PyTorch", asked(torch_fastapi), at_least=bar(connections, 20)),
        Peer("Flask + Chainer", asked(chainer_flask), at_least=bar(connections, 50)))


def health(connections):
    def asked(service):
        return load(service, connections, HEALTH)

    return row(
        f"health-{connections}", f"smallest reply, `GET /health`, {counted(connections, 'connection')}", LOAD,
        asked(gradd),
        Peer("nginx, 2 workers", asked(nginx), at_least=bar(connections, 1)),
        Peer("bare epoll loop, 2 threads", asked(limit), at_least=bar(connections, 0.9)),
        Peer("Hummingbird", asked(hummingbird), at_least=bar(connections, 2)))


def kernel(name, what, at_least=None):
    """An op in process."""
    return row(name, what, TIME, engine(name), Peer("PyTorch", torch(name), at_least=at_least))


def growth(name, what, request, fill, sizes, of):
    """A request on a service that holds much, against one that holds little; by so many connections that none waits for
    the kernel to wake it."""
    much, little = sizes
    return row(
        name, f"{what}, {counted(much, of)}", TIME, seconds_each(request, fill(much), 16),
        Peer(counted(little, of), seconds_each(request, fill(little), 16), at_most=1.5))


NAMES = (100_000, 100)
# As JSON these are 100 MB.
LARGE = 9 * 10**6
IMAGES = "8×64×56×56"

ROWS = [
    *map(grad, [1, 16, 256]),
    *map(health, [1, 16, 256]),
    row("echo", "create a variable of 10⁶ float32 over HTTP, with its echo", TIME,
        echo(gradd, f"{graphs.GRAPH}/variables/m"),
        Peer("Flask + Chainer + orjson", echo(chainer_flask, f"{graphs.GRAPH}/variables/m"), at_least=8)),
    row("read-json", "JSON text → 10⁶ float32, an element", (Figure("s", at_most=20e-9),),
        engine("read-json", per=10**6),
        Peer("orjson + NumPy", torch("read-json", per=10**6), at_least=5),
        Peer("Foundation JSONDecoder", engine("read-json-foundation", per=10**6), at_least=25)),
    row("write-json", "10⁶ float32 → shortest JSON text, an element", (Figure("s", at_most=20e-9),),
        engine("write-json", per=10**6),
        Peer("orjson", torch("write-json", per=10**6), at_least=2),
        Peer("Foundation JSONEncoder", engine("write-json-foundation", per=10**6), at_least=25)),
    row("four-ops", "build the four-op graph and `grad` it, in process", TIME, engine("four-ops"),
        Peer("PyTorch", torch("four-ops"), at_least=20), Peer("Chainer", chainer("four-ops"), at_least=100)),
    kernel("tanh", "`tanh` of 10⁶ float32", 1),
    kernel("exp", "`exp`", 1),
    kernel("add", "`add`", 1),
    kernel("neg", "`neg`", 1),
    kernel("sum", "`sum`", 1),
    kernel("sum-axis-1", "`sum(axis=1)` of 1000×1000", 1),
    kernel("softmax", "`softmax` of 1000×1000", 1),
    row("matmul", "`matmul` 1000×1000 float32", TIME, engine("matmul"), Peer("PyTorch", torch("matmul"), at_least=1),
        Peer("NumPy (OpenBLAS)", numpy("matmul"), at_least=0.8)),
    kernel("convolution", f"`convolution_2d` 3×3 of {IMAGES}, 64 → 64 channels", 0.5),
    kernel("convolution-backward", "… its backward", 0.5),
    kernel("convolution-rgb", "`convolution_2d` 3×3 of 8×3×56×56, 3 → 64 channels"),
    kernel("convolution-rgb-backward", "… its backward"),
    kernel("depthwise", f"`depthwise_convolution_2d` 3×3 of {IMAGES}"),
    kernel("depthwise-backward", "… its backward"),
    kernel("max-pooling", f"`max_pooling_2d` 2×2 of {IMAGES}"),
    kernel("max-pooling-backward", "… its backward"),
    kernel("average-pooling", f"`average_pooling_2d` 2×2 of {IMAGES}"),
    kernel("average-pooling-backward", "… its backward"),
    row("training", "training step of 784-256-10, batch 64: forward and all gradients in one HTTP `run`", TIME,
        seconds_each(graphs.TRAINING, graphs.network, 1), Peer("PyTorch, in process", torch("training"), at_least=1)),
    row("memory-leaves", "memory of 10⁵ leaves of 4 float32, each", (Figure("B", at_most=1.2 * 16 + 1024),),
        memory(graphs.leaves(10**5), of=10**5)),
    row("memory-results", "memory of 10⁵ results of ops, of 4 float32, each", (Figure("B", at_most=1.2 * 16 + 1024),),
        memory(graphs.results(10**5), of=10**5)),
    row("memory-large", "memory of 200 arrays of 10⁶ bytes, over their bytes",
        (Figure("×", at_most=1.2 + 1024 / 10**6),), memory(graphs.large(200, 250_000), of=200 * 10**6)),
    row("memory-reply", "most memory while a 100 MB reply is read slowly, over the array's own bytes", (Figure("×"),),
        memory(graphs.read_slowly, 4 * LARGE, graphs.normal(LARGE), "VmHWM")),
    *(row(f"chain-{size}", f"`backward` over a chain of {size:,} ops, an op", (Figure("s"), Figure("B", "kept")),
          engine(f"chain-{size}"), Peer("1,000 ops", engine("chain-1000"), at_most=1.5, compared=2))
      for size in [10_000, 100_000, 1_000_000]),
    growth("names-page", "a page in the middle of the list", graphs.middle_page, graphs.leaves, NAMES, "name"),
    growth("names-read", "read a variable", graphs.READ, graphs.leaves, NAMES, "name"),
    growth("names-rebind", "bind a name again", graphs.REBIND, graphs.leaves, NAMES, "name"),
    growth("sessions-read", "read a variable", graphs.READ, graphs.sessions, (10_000, 1), "session"),
    row("sessions-memory", "memory of 10,000 sessions of one small variable, each", (Figure("B"),),
        memory(graphs.sessions(10_000), of=10_000)),
    row("idle-memory", "memory of 10,000 idle connections, each", (Figure("B", at_most=12 * 1024),),
        memory(graphs.idle(10_000), of=10_000)),
    row("idle-health", "`GET /health`, 16 connections, beside 10,000 idle ones", LOAD,
        load(gradd, 16, HEALTH, beside=graphs.idle(10_000)), Peer("no idle ones", load(gradd, 16, HEALTH))),
    row("heavy-health", "`GET /health`, 16 connections, while products of 4500×4500 float64 are computed",
        (Figure("s", "median", at_most=5e-3), Figure("s", "p99", at_most=50e-3)),
        health_beside(graphs.PRODUCT, graphs.square(4500))),
]
