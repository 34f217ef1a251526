"""NumPy (OpenBLAS) in process: `numpy_rows.py ROW`."""
import numpy as np

from timing import serve


def matmul():
    x = (np.arange(10**6) % 1000).astype(np.float32).reshape(1000, 1000) / 500 - 1
    return lambda: x @ x


serve({"matmul": matmul})
