"""The form of a row."""
import contextlib
import functools
from dataclasses import dataclass
from typing import Callable, ContextManager

Measure = Callable[[], tuple[float, ...]]
Side = Callable[[], ContextManager[Measure]]


def side(generator):
    """Makes of a generator that yields what measures once more a function of its arguments that gives a side."""
    return lambda *arguments, **named: functools.partial(contextlib.contextmanager(generator), *arguments, **named)


@dataclass(frozen=True)
class Figure:
    """What a measurement gives: a unit ("s", "req/s", "B", "×"), what it is of, and the most that ours may be."""
    unit: str
    what: str = ""
    at_most: float | None = None

    @property
    def is_rate(self):
        return self.unit.endswith("/s")


@dataclass(frozen=True)
class Peer:
    """What ours is compared with: `at_least` so many times better than it, or `at_most` so many times its cost, by the
    first so many figures."""
    name: str
    side: Side
    at_least: float | None = None
    at_most: float | None = None
    compared: int = 1

    @property
    def bar(self):
        if self.at_most is not None:
            return f"≤ {self.at_most:g} ×"
        return "" if self.at_least is None else f"≥ {self.at_least:g} ×"

    def ratio(self, figure, ours, theirs):
        cost = theirs / ours if figure.is_rate else ours / theirs
        return 1 / cost if self.at_most is None else cost

    def holds(self, ratio):
        return (self.at_least is None or ratio >= self.at_least) and (self.at_most is None or ratio <= self.at_most)


@dataclass(frozen=True)
class Row:
    name: str
    what: str
    figures: tuple[Figure, ...]
    ours: Side
    peers: tuple[Peer, ...] = ()


def row(name, what, figures, ours, *peers):
    return Row(name, what, figures, ours, peers)
