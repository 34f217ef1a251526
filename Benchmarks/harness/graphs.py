"""What a service holds when it is measured, each put there by a function; and what it is asked then."""
import base64
import json
import random
import socket
import time
from array import array

from .load import Request

GRAPH = "/v1/sessions/s/graphs/g"


def run(service, steps, graph=GRAPH):
    for start in range(0, len(steps), 1000):
        service.request("POST", f"{graph}/run", {"steps": steps[start:start + 1000], "reply": []})


def four_ops(service):
    """z = 2 (2 x0 + 3 x1), by the requests that every peer understands too."""
    service.request("PUT", f"{GRAPH}/variables/x0", {"data": [0, 1]})
    service.request("PUT", f"{GRAPH}/variables/x1", {"data": [2, 3]})
    for op, inputs, output in [
            ("mul", ["x0", 2], "a"), ("mul", ["x1", 3], "b"), ("add", ["a", "b"], "y"), ("mul", ["y", 2], "z")]:
        service.request("POST", f"{GRAPH}/ops", {"op": op, "inputs": inputs, "output": output})


GRAD = Request("POST", f"{GRAPH}/grad", '{"outputs":["z"],"inputs":["x0"]}')


def network(service):
    """A batch of 64 and the weights of a 784-256-10 network."""
    def filled(*shape, scale=1.0):
        size = 1
        for length in shape:
            size *= length
        return {"data": [scale * (i % 1000 / 500 - 1) for i in range(size)], "shape": shape}

    leaves = {
        "x": filled(64, 784), "t": {"data": [i % 10 for i in range(64)], "dtype": "int32"},
        "W1": filled(256, 784, scale=1 / 28), "b1": filled(256, scale=1 / 28), "W2": filled(10, 256, scale=1 / 28),
        "b2": filled(10, scale=1 / 28)}
    run(service, [{"variable": name, **leaf} for name, leaf in leaves.items()])


# Forward and backward, as PyTorch's step beside it: all gradients are bound, and only the loss is sent back.
TRAINING = Request("POST", f"{GRAPH}/run", json.dumps({
    "steps": [
        {"expr": "loss = softmax_cross_entropy(linear(relu(linear(x, W1, b1)), W2, b2), t)"},
        {"grad": {"outputs": ["loss"], "inputs": ["W1", "b1", "W2", "b2"], "names": ["gW1", "gb1", "gW2", "gb2"]}}],
    "reply": ["loss"]}))


def create(service, name, floats):
    """A large variable, whose numbers are sent as they stand in memory."""
    service.request("PUT", f"{GRAPH}/variables/{name}?arrays=none", {
        "shape": [len(floats)], "dtype": "float32", "base64": base64.b64encode(floats.tobytes()).decode()})


def leaves(count):
    """Arrays of four float32."""
    return lambda service: run(service, [{"variable": f"v{i}", "data": [0, 1, 2, 3]} for i in range(count)])


def results(count):
    """Results of ops, of four float32 each."""
    return lambda service: run(service, [{"variable": "x", "data": [0, 1, 2, 3]}] + [
        {"op": "mul", "inputs": ["x", 2], "output": f"v{i}"} for i in range(count)])


def large(count, elements):
    """Arrays of many float32."""
    def fill(service):
        for i in range(count):
            create(service, f"v{i}", array("f", [0.5]) * elements)
    return fill


def middle_page(service):
    """The request for the page in the middle of the list, of 100 names."""
    path = f"{GRAPH}/variables?limit=100"
    total = json.loads(service.request("GET", GRAPH))["variables"]
    cursor, seen = "", 0
    while seen < (total - 100) // 2:
        page = json.loads(service.request("GET", f"{GRAPH}/variables?limit=1000{cursor}"))
        seen += len(page["variables"])
        if "next" not in page:
            break
        cursor = f"&cursor={page['next']}"
    return Request("GET", path + cursor)


READ = Request("GET", f"{GRAPH}/variables/v50")
REBIND = Request("PUT", f"{GRAPH}/variables/v50", '{"data":[0,1,2,3]}')


def sessions(count):
    """Sessions of one variable each; the one that is asked, s, was made halfway."""
    def fill(service):
        for i in range(count):
            name = "s" if i == count // 2 else f"s{i}"
            service.request("PUT", f"/v1/sessions/{name}/graphs/g/variables/v50", {"data": [0, 1, 2, 3]})
    return fill


def idle(count):
    """Connections that made one request each and stay."""
    def fill(service):
        connections = []
        for _ in range(count):
            connections.append(socket.create_connection(("127.0.0.1", service.port)))
            connections[-1].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if b" 200 " not in connections[-1].recv(4096):
                raise RuntimeError("an idle connection got no reply")
        # Until the service has put them aside.
        time.sleep(1)
        return connections
    return fill


def normal(count):
    """A variable x of normally distributed float32, a million of them again and again."""
    def fill(service):
        numbers = random.Random(0)
        floats = array("f", (numbers.gauss(0, 1) for _ in range(10**6))) * (count // 10**6)
        create(service, "x", floats)
    return fill


def read_slowly(service):
    """Reads x as JSON, about as fast as 100 Mbit/s bring it."""
    response = service.response("GET", f"{GRAPH}/variables/x/data", None)
    piece = bytearray(1 << 18)
    while response.readinto(piece):
        time.sleep(0.02)


def square(n):
    """The square matrix m of float64, with no numbers sent."""
    def fill(service):
        run(service, [
            {"variable": "one", "data": 1, "dtype": "float64", "requires_grad": False},
            {"op": "broadcast_to", "inputs": ["one"], "args": {"shape": [n, n]}, "output": "m"}],
            graph="/v1/sessions/heavy/graphs/g")
    return fill


PRODUCT = Request("POST", "/v1/sessions/heavy/graphs/g/ops?arrays=none",
                  '{"op": "matmul", "inputs": ["m", "m"], "output": "p"}')
