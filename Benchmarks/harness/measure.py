"""Measures rows in turn, ours and its peers' (A B A B …), and takes medians."""
import contextlib
import fcntl
import statistics
import time
from dataclasses import dataclass, field


@dataclass
class Result:
    row: object
    # rounds[round][side][figure]; side 0 is ours.
    rounds: list = field(default_factory=list)
    failure: str = ""
    # Whether something else was busy when a measurement began.
    disturbed: bool = False

    @property
    def medians(self):
        """The median of each figure, for each side."""
        return [[statistics.median(figure) for figure in zip(*side)] for side in zip(*self.rounds)]

    def ratios(self, index):
        """Against one of the peers, for each figure compared: of the medians, and the least and the most of a round."""
        peer = self.row.peers[index]

        def ratio(sides, of):
            return peer.ratio(self.row.figures[of], sides[0][of], sides[index + 1][of])

        for of in range(peer.compared):
            each = [ratio(sides, of) for sides in self.rounds]
            yield ratio(self.medians, of), min(each), max(each)


def measure(row, rounds):
    result = Result(row)
    sides = [row.ours, *(peer.side for peer in row.peers)]
    try:
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(side()) for side in sides]
            for _ in range(rounds):
                result.rounds.append([])
                for once_more in opened:
                    result.disturbed = result.disturbed or not wait_for_quiet()
                    result.rounds[-1].append(once_more())
    except Exception as error:
        words = [f"{type(error).__name__}: {error}", *getattr(error, "__notes__", [])]
        result.failure = " ".join(" ".join(words).split())
    return result


def wait_for_quiet(limit=10):
    """Waits until all processors idle: a peer's threads go on spinning for a while, and others may use the machine.
    False if they do not stop."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        before = processor_times()
        time.sleep(0.2)
        busy, idle = (after - earlier for after, earlier in zip(processor_times(), before))
        if busy < 0.1 * (busy + idle):
            return True
    return False


def processor_times():
    """Clock ticks of all processors, busy and idle."""
    with open("/proc/stat") as file:
        user, nice, system, idle, waiting, *rest = map(int, file.readline().split()[1:9])
    return user + nice + system + sum(rest), idle + waiting


class Turns:
    """Shares the machine with others by the lock of a file, as flock(1) does: it is kept for two minutes at a time."""

    def __init__(self, path):
        self.file = open(path, "a") if path else None
        self.end = 0

    def take(self):
        """Returns when it is our turn, which lasts until the next call at least."""
        if self.file is None or time.monotonic() < self.end:
            return
        fcntl.flock(self.file, fcntl.LOCK_UN)
        # Who waits comes first.
        time.sleep(0.5)
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.end = time.monotonic() + 120
