"""Measures in this process: `serve(rows)` prepares the row that the command line names, and answers each line on
standard input with the seconds that one call takes. Sources/InProcess does the same for the engine."""
import statistics
import sys
import time


def serve(rows):
    work = rows[sys.argv[1]]()
    started = time.perf_counter()
    work()
    # A batch is long enough for the clock not to count.
    batch = max(1, int(2e-3 / (time.perf_counter() - started)))
    for _ in sys.stdin:
        print(seconds(work, batch), flush=True)


def seconds(work, batch):
    """The median, over batches of calls that take a third of a second together, and three of them at least."""
    batches = []
    end = time.perf_counter() + 0.3
    while len(batches) < 3 or time.perf_counter() < end:
        started = time.perf_counter()
        for _ in range(batch):
            work()
        batches.append((time.perf_counter() - started) / batch)
    return statistics.median(batches)
