"""The form of a row."""
from dataclasses import dataclass
from typing import Callable, ContextManager

Measure = Callable[[], tuple[float, ...]]
Side = Callable[[], ContextManager[Measure]]


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

    def ratio(self, figure, ours, theirs):
        cost = theirs / ours if figure.is_rate else ours / theirs
        return cost if self.at_most else 1 / cost

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
    return Row(name, what, figures if isinstance(figures, tuple) else (figures,), ours, peers)
