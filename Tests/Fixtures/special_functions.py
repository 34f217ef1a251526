# The special functions to the last digit: mpmath's values and first and second derivatives at chosen arguments, written to
# special_functions.json beside this file. Needs `pip install mpmath`.
#     python Tests/Fixtures/special_functions.py
# Measures the errors that Sources/Engine/Arrays/Special tells of, on a running service:
#     python Tests/Fixtures/special_functions.py http://127.0.0.1:8080
# Prints the coefficients of the polynomials there:
#     python Tests/Fixtures/special_functions.py coefficients
#
# A line of the file, each list as long as the first input:
#   op, args    as in the catalogue, those that only gradients use included
#   inputs      of each array parameter its elements
#   values      what mpmath says, rounded to double; gradients, seconds: the derivatives by the last input
#   ulp         the bound for the values in double, in units in the last place
import json
import math
import os
import random
import struct
import sys
import urllib.request

from mpmath import mp, mpf, exp, log, log1p, sqrt, pi, erf, erfc, psi, loggamma, factorial, bernoulli, floor, nstr

mp.dps = 60
inf, nan = math.inf, math.nan


# ---------------------------------------------------------------- the functions: value, first and second derivative

def erfcx(x):
    with mp.workdps(mp.dps + 40):
        return exp(x * x) * erfc(x)


def erfcx_derivatives(n, x):
    """erfcx and its derivatives up to the nth."""
    with mp.workdps(300):
        values = [erfcx(x)]
        values.append(2 * x * values[0] - 2 / sqrt(pi))
        for k in range(1, n):
            values.append(2 * x * values[k] + 2 * k * values[k - 1])
        return values


def tail_inverse(t):
    """The y whose erfc(y) is t < 1: Newton's method on the logarithms."""
    y = sqrt(-log(t))
    while True:
        step = (log(erfc(y)) - log(t)) * erfcx(y) * sqrt(pi) / 2
        y += step
        if abs(step) <= y * mpf(10) ** -45:
            return y


def f_erfinv(x):
    y = mp.erfinv(x) if abs(x) < 0.5 else mp.sign(x) * tail_inverse(1 - abs(x))
    slope = sqrt(pi) / 2 * exp(y * y)
    return y, slope, 2 * y * slope ** 2


def f_erfcinv(x):
    y = f_erfinv(1 - x)[0] if x > 0.5 else tail_inverse(x)
    slope = -sqrt(pi) / 2 * exp(y * y)
    return y, slope, 2 * y * slope ** 2


def f_ndtri(p):
    y = -sqrt(2) * f_erfcinv(2 * p)[0]
    slope = sqrt(2 * pi) * exp(y * y / 2)
    return y, slope, y * slope ** 2


def f_ndtr(x):
    density = exp(-x * x / 2) / sqrt(2 * pi)
    return erfc(-x / sqrt(2)) / 2, density, -x * density


def f_log_ndtr(x):
    value, density, _ = f_ndtr(x)
    ratio = density / value
    return (log1p(-f_ndtr(-x)[0]) if x > 0 else log(value)), ratio, -ratio * (x + ratio)


def f_erf(x):
    slope = 2 / sqrt(pi) * exp(-x * x)
    return erf(x), slope, -2 * x * slope


def hurwitz(s, q):
    """The sum of (q + k)^-s: terms, then Euler and Maclaurin's formula."""
    total, first = mpf(0), q
    while q < 40 + s:
        term = q ** -s
        if abs(term) < abs(first) ** -s * mpf(10) ** -50:
            return total
        total, q = total + term, q + 1
    total += q ** (1 - s) / (s - 1) + q ** -s / 2
    factor = s * q ** (-s - 1)
    for k in range(1, 40):
        total += bernoulli(2 * k) / factorial(2 * k) * factor
        factor *= (s + 2 * k - 1) * (s + 2 * k) / q ** 2
    return total


def f_zeta(s, q):
    return hurwitz(s, q), -s * hurwitz(s + 1, q), s * (s + 1) * hurwitz(s + 2, q)


def polygamma(n, x):
    return psi(0, x) if n == 0 else (-1) ** (int(n) + 1) * factorial(n) * hurwitz(n + 1, x)


def f_arctan2(y, x):
    square = x * x + y * y
    return mp.atan2(y, x), -y / square, 2 * x * y / square ** 2


def f_fmod(x, divisor):
    quotient = mp.sign(x / divisor) * floor(abs(x / divisor))
    return x - quotient * divisor, -quotient, mpf(0)


FUNCTIONS = {
    'arcsin': lambda x: (mp.asin(x), (1 - x * x) ** -0.5, x * (1 - x * x) ** -1.5),
    'arccos': lambda x: (mp.acos(x), -(1 - x * x) ** -0.5, -x * (1 - x * x) ** -1.5),
    'arctanh': lambda x: (mp.atanh(x), 1 / (1 - x * x), 2 * x / (1 - x * x) ** 2),
    'tan': lambda x: (mp.tan(x), mp.sec(x) ** 2, 2 * mp.tan(x) * mp.sec(x) ** 2),
    'arctan2': f_arctan2, 'fmod': f_fmod,
    'log1p': lambda x: (log1p(x), 1 / (1 + x), -1 / (1 + x) ** 2),
    'expm1': lambda x: (mp.expm1(x), exp(x), exp(x)),
    'erf': f_erf, 'erfc': lambda x: (erfc(x), -f_erf(x)[1], -f_erf(x)[2]),
    'erfcx': lambda x: erfcx_derivatives(2, x), 'erfinv': f_erfinv, 'erfcinv': f_erfcinv,
    'ndtr': f_ndtr, 'log_ndtr': f_log_ndtr, 'ndtri': f_ndtri,
    'lgamma': lambda x: (loggamma(x).real, psi(0, x), psi(1, x)),
    'digamma': lambda x: (psi(0, x), psi(1, x), psi(2, x)),
    'polygamma': lambda n, x: (polygamma(n, x), polygamma(n + 1, x), polygamma(n + 2, x)),
    'zeta': f_zeta,
}

# ---------------------------------------------------------------- the arguments

def single(x):
    return struct.unpack('f', struct.pack('f', x))[0]


def both(*xs):
    """With both signs; most arguments are float32's too, so that they serve all dtypes."""
    return [single(s * x) for x in xs for s in (1, -1)]


def near(x, *steps):
    return [x + s * step for step in steps for s in (1, -1)]


ULP = {'arcsin': 1, 'arccos': 1, 'arctanh': 3, 'tan': 1, 'arctan2': 1, 'fmod': 0, 'log1p': 1, 'expm1': 1, 'erf': 1.5, 'erfc': 5, 'erfcx': 4, 'erfinv': 3, 'erfcinv': 3, 'ndtr': 5, 'log_ndtr': 5, 'ndtri': 4,
       'lgamma': 5, 'digamma': 4, 'polygamma': 9, 'zeta': 8}
POINTS = {
    'arcsin': both(1e-30, 0.1, 0.5, 0.9, 0.99, 0.9991, 0.99993, 1 - 2 ** -24),
    'arccos': both(1e-30, 0.1, 0.5, 0.9, 0.99, 0.9991, 0.99993, 1 - 2 ** -24),
    'arctanh': both(1e-30, 1e-5, 0.1, 0.5, 0.9, 0.99, 0.9991, 0.99993, 1 - 2 ** -24),
    'tan': both(1e-30, 0.1, 0.7, 1.5, 1.57, 2, 30, 1e5) + [math.pi / 2],
    'arctan2': [(single(y), single(x)) for y in (0.3, -2.7) for x in (1.1, -0.4)]
    + [(s * single(t), single(t)) for t in (1e-25, 1e15, 1e30, 1e-38) for s in (1, -3)] + [(1e-90, 3e-90), (3e90, -1e90)],
    'fmod': [(1, 0.1), (-1, 0.1), (single(0.9), single(0.3)), (5.5, 2), (1e10, 3), (single(1e10), single(0.3)), (-7, -2.5)],
    'log1p': both(1e-30, 1e-5, 0.1, 0.4, 0.9, 0.999) + [1.5, 100, 1e10, 1e300, 1e-300, math.sqrt(0.5) - 1, -1 + 1e-15],
    'expm1': both(1e-30, 1e-5, 0.1, 0.4, 1, 5, 40, 80) + [math.log(2), -745, 700, 1e-300],
    'erf': both(1e-30, 1e-3, 0.3, 0.8, 1.2, 2, 3.5, 5.5, 9) + [0.84375, 1e-300],
    'erfc': both(1e-30, 0.01, 0.3, 0.8, 1.2, 2, 3.5, 5) + [7, 9, 13.3, 20.1, 26.1],
    'erfcx': both(1e-30, 0.01, 0.1, 0.3, 0.5, 0.7, 1, 1.7, 2, 3, 5, 9) + [0.5 - 1e-16, 26, 100.3, 1e4, 1e8, -20.3, -26.6],
    'erfinv': both(1e-30, 1e-3, 0.1, 0.3, 0.5, 0.74, 0.76, 0.9, 0.99, 0.9999, 1 - 2 ** -20) + [1 - 1e-10, 1 - 2 ** -53, 0.75, 1e-300],
    'erfcinv': [single(x) for x in (1e-37, 1e-20, 1e-10, 1e-3, 0.1, 0.24, 0.26, 0.4, 0.5, 0.9, 1.3, 1.74, 1.76, 1.9, 1.999)]
    + [5e-324, 1e-310, 1e-300, 1e-100, 2 - 1e-15] + near(1, 1e-3, 1e-8, 1e-15),
    'ndtr': both(1e-30, 0.01, 0.3, 0.7, 0.8, 1, 2, 3, 5, 8, 12) + [-20.1, -30.3, -37, -38.3, 0.75, -0.75],
    'log_ndtr': both(1e-30, 0.01, 0.3, 0.7, 0.99, 1.01, 2, 3, 5, 8) + [12, 30, 37, -12, -40.1, -1000.5, -1e4, -1e8],
    'ndtri': [single(x) for x in (1e-37, 1e-20, 1e-10, 1e-3, 0.02, 0.1, 0.124, 0.126, 0.2, 0.4, 0.6, 0.8, 0.874, 0.876, 0.9, 0.999)]
    + [5e-324, 1e-310, 1e-300, 1e-100, 1 - 1e-15] + near(0.5, 1e-3, 1e-8, 1e-15),
    'lgamma': [single(x) for x in (1e-30, 1e-3, 0.1, 0.5, 0.9, 1.1, 1.5, 1.9, 2.1, 3, 7.7, 20, 100.3, 1e10, -0.3, -1.6, -5.2)] + [1e300],
    'digamma': [single(x) for x in (1e-30, 1e-3, 0.1, 0.5, 0.9, 1, 1.1, 1.4, 1.46163, 1.5, 1.9, 2, 2.5, 3, 5.5, 9.9, 10, 10.1, 30, 1e10,
                                    -1e-3, -0.3, -0.6, -1.3, -5.2, -20.9, -1000.3)]
    + [1e300, 1e-300] + near(1.4616321449683622, 0, 2 ** -52, 1e-10, 1e-5),
    'polygamma': [(n, single(x)) for n in (1, 2, 5) for x in (1e-3, 0.1, 0.5, 1, 1.5, 4.2, 9.9, 12.1, 50, 1e6)]
    + [(n, x) for n in (1, 3) for x in (-0.3, -1.5, -2.9, -30.2)] + [(2, -0.2), (4, -1.9), (2, -30.1), (2, -0.5), (4, -7.5)]
    + [(20, 1.5), (21, 1.5), (40, 10), (100, 60.3), (171, 90), (200, 100), (300, 200.5), (60, 1e4), (1, 1e100)],
    'zeta': [(s, single(q)) for s in (1.5, 2, 3.5) for q in (1e-3, 0.1, 0.5, 1, 1.5, 4.2, 12.1, 50, 1e6)]
    + [(1 + 2 ** -40, 0.3), (1.0625, 1e-9), (1.25, 1e12), (20.5, 3.3), (50, 0.7), (100.5, 80.2), (124, 133.75), (1000, 1.01), (300, 10.5),
       (2, -0.3), (4, -1.5), (2, -30.2), (3, -0.2), (5, -1.9), (3, -0.5)],
}
EDGES = {
    'arcsin': [(1.5, nan), (nan, nan), (0, 0)], 'arccos': [(1, 0), (-1.5, nan), (nan, nan)],
    'arctanh': [(1, inf), (-1, -inf), (2, nan), (nan, nan)], 'tan': [(0, 0), (inf, nan), (nan, nan)],
    'arctan2': [(0, 1, 0), (nan, 1, nan), (1, inf, 0)],
    'fmod': [(1, 0, nan), (inf, 1, nan), (1, inf, 1), (nan, 1, nan), (1, nan, nan), (4, -2, 0)],
    'log1p': [(-1, -inf), (-2, nan), (inf, inf), (nan, nan), (0, 0)],
    'expm1': [(-inf, -1), (-1e5, -1), (1e5, inf), (inf, inf), (nan, nan), (0, 0)],
    'erf': [(inf, 1), (-inf, -1), (nan, nan), (0, 0)], 'erfc': [(inf, 0), (-inf, 2), (nan, nan), (0, 1), (1e5, 0)],
    'erfcx': [(inf, 0), (-inf, inf), (-27, inf), (-1e200, inf), (0, 1), (nan, nan)],
    'erfinv': [(0, 0), (1, inf), (-1, -inf), (1.1, nan), (-inf, nan), (nan, nan)],
    'erfcinv': [(0, inf), (1, 0), (2, -inf), (-0.1, nan), (2.1, nan), (inf, nan), (nan, nan)],
    'ndtr': [(0, 0.5), (inf, 1), (-inf, 0), (-1e200, 0), (40, 1), (nan, nan)],
    'log_ndtr': [(inf, 0), (-inf, -inf), (-1e200, -inf), (1e200, 0), (nan, nan)],
    'ndtri': [(0, -inf), (0.5, 0), (1, inf), (-0.1, nan), (1.1, nan), (-inf, nan), (nan, nan)],
    'lgamma': [(0, inf), (1, 0), (2, 0), (-1, inf), (-7, inf), (inf, inf), (-inf, -inf), (nan, nan)],
    'digamma': [(0.0, -inf), (-0.0, inf), (-1, nan), (-7, nan), (inf, inf), (-inf, nan), (nan, nan)],
    'polygamma': [(1, 0, inf), (2, 0, -inf), (1, -3, inf), (2, -3, -inf), (1, inf, 0), (300, inf, 0), (300, 0.1, -inf), (-1, 2, nan),
                  (1, nan, nan), (0, -1, nan), (2 ** 53, 2.5, -inf), (2 ** 60, 2.0 ** 70, 0),
                  (2 ** 62, 2.0 ** 62, 0), (160, -0.3, inf), (400, -1.7, -inf), (400, -0.5, -inf)],
    'zeta': [(1, 2, inf), (0.5, 2, nan), (2, 0, inf), (2, -3, inf), (2.5, -0.5, nan), (2, inf, 0), (inf, 0.5, inf), (inf, 1, 1), (inf, 2, 0),
             (1e308, 1e308, 0), (2, 1e-200, inf), (nan, 2, nan), (2, nan, nan), (-inf, 2, nan)],
}


# ---------------------------------------------------------------- the file

def number(x):
    x = float(x)
    return repr(x) if math.isfinite(x) else '"NaN"' if x != x else '"Infinity"' if x > 0 else '"-Infinity"'


def line(op, points, ulp, columns, args={}):
    names = ('values', 'gradients', 'seconds')
    fields = ['"op": "%s", "args": %s, "ulp": %s' % (op, json.dumps(args), ulp)]
    fields.append('"inputs": [%s]' % ', '.join('[%s]' % ', '.join(map(number, xs)) for xs in zip(*points)))
    fields += ['"%s": [%s]' % (name, ', '.join(map(number, column))) for name, column in zip(names, columns)]
    return '{' + ', '.join(fields) + '}'


def tuples(points):
    return [p if isinstance(p, tuple) else (p,) for p in points]


def write():
    lines = []
    for op, f in FUNCTIONS.items():
        points = tuples(POINTS[op])
        lines.append(line(op, points, ULP[op], zip(*[f(*map(mpf, p)) for p in points])))
        lines.append(line(op, [e[:-1] for e in EDGES[op]], 0, [[e[-1] for e in EDGES[op]]]))
    for order in (1, 2, 3, 8):
        points = tuples([-3.1, -0.4, 0, 1e-3, 0.1, 0.5, 1, 1.9, 2.1, 3.3, 10, 100, 1e8])
        values = [erfcx_derivatives(order, mpf(p[0]))[order] for p in points]
        lines.append(line('_erfcx_derivative', points, 8, [values], {'order': order, 'scale': 1}))
    with open(os.path.splitext(os.path.abspath(__file__))[0] + '.json', 'w') as f:
        f.write('[\n' + ',\n'.join(lines) + '\n]\n')


# ---------------------------------------------------------------- the errors of a running service

def uniform(low, high):
    return lambda: random.uniform(low, high)


def powers(low, high, offset=0, sign=1):
    return lambda: offset + sign * 10 ** random.uniform(low, high)


WHOLE = {
    'log1p': [uniform(-1, 3), powers(-300, 300), powers(-300, -1, 0, -1)],
    'expm1': [uniform(-40, 700), uniform(-1, 1), powers(-300, -1), powers(-300, -1, 0, -1)],
    'erf': [uniform(-6, 6), powers(-300, 0)], 'erfc': [uniform(-6, 5), uniform(5, 26.5)],
    'erfcx': [uniform(-26.6, 0), uniform(-1, 1), uniform(0, 30), powers(-20, 8), powers(-20, 0, 0, -1)],
    'erfinv': [uniform(-1, 1), powers(-300, 0), powers(-16, 0, 1, -1)],
    'erfcinv': [uniform(0, 2), powers(-323, 0), powers(-16, 0, 1, -1), powers(-15, 0, 2, -1)],
    'ndtr': [uniform(-38, -1), uniform(-5, 5)],
    'log_ndtr': [uniform(-40, 0), uniform(-1, 1), uniform(0, 37), powers(0, 4, 0, -1)],
    'ndtri': [uniform(0, 1), powers(-323, 0), powers(-16, -1, 0.5, -1), powers(-16, -1, 1, -1)],
    'lgamma': [uniform(0, 5), uniform(0, 100), powers(-300, 300)],
    'digamma': [uniform(0, 3), uniform(0, 30), powers(-300, 300)],
    'polygamma': [lambda: (random.randint(1, 4), random.uniform(0, 20)), lambda: (random.randint(1, 4), 10 ** random.uniform(-30, 30)),
                  lambda: (random.randint(5, 60), random.uniform(0, 60)), lambda: (random.randint(60, 400), random.uniform(30, 300))],
    'zeta': [lambda: (random.uniform(1, 4), random.uniform(0, 10)), lambda: (random.uniform(1, 60), random.uniform(0, 100)),
             lambda: (1 + 10 ** random.uniform(-15, 0), 10 ** random.uniform(-10, 10)),
             lambda: (10 ** random.uniform(0.01, 2.5), 10 ** random.uniform(-1, 3))],
}


def apply(url, op, points):
    arrays = ['{"data": [%s], "dtype": "%s"}' % (', '.join(map(repr, xs)), 'int64' if isinstance(xs[0], int) else 'float64')
              for xs in zip(*points)]
    names = ['a%d' % i for i in range(len(arrays))]
    body = '{"expr": "%s(%s)", "variables": {%s}}' % (
        op, ', '.join(names), ', '.join('"%s": %s' % pair for pair in zip(names, arrays)))
    request = urllib.request.Request(url + '/v1/eval', body.encode(), {'Content-Type': 'application/json'})
    return json.load(urllib.request.urlopen(request))['result']['data']


def error(got, wanted):
    if not math.isfinite(float(wanted)):
        return 0
    exponent = max(int(floor(mp.log(abs(wanted), 2))) - 52, -1074) if wanted else -1074
    return float(abs(mpf(float(got)) - wanted) / mpf(2) ** exponent)


def measure(url, count=1000):
    random.seed(20240607)
    for op, draws in WHOLE.items():
        for draw in draws:
            points = tuples([draw() for _ in range(count)])
            errors = [(error(y, FUNCTIONS[op](*map(mpf, p))[0]), p) for p, y in zip(points, apply(url, op, points))]
            print('%-10s %6.2f ULP at %s' % ((op,) + max(errors)), flush=True)


# ---------------------------------------------------------------- the polynomials

def polynomial(f, low, high, tolerance):
    """The coefficients of a polynomial that is nearly f on an interval: its Chebyshev series, as powers of x."""
    n = 80
    nodes = [mp.cos(pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    values = [f((low + high) / 2 + (high - low) / 2 * u) for u in nodes]
    series = [2 * mp.fsum(v * mp.cos(j * pi * (2 * k + 1) / (2 * n)) for k, v in enumerate(values)) / n for j in range(40)]
    series[0] /= 2
    while abs(series[-1]) < tolerance:
        series.pop()
    # From Chebyshev polynomials of u = a + b x to powers of x.
    b, a = 2 / mpf(high - low), -mpf(high + low) / (high - low)
    last, this, total = [mpf(0)], [mpf(1)], [mpf(0)] * len(series)
    for j, c in enumerate(series):
        for i, t in enumerate(this):
            total[i] += c * t
        factor = 1 if j == 0 else 2
        raised = [factor * (a * s + b * t) for s, t in zip(this + [0], [0] + this)]
        last, this = this, [s - (last[i] if j and i < len(last) else 0) for i, s in enumerate(raised)]
    return total


def coefficients():
    def scaled(t):
        x = 3 * (1 + t) / (1 - t)
        # Far out by the asymptotic series.
        y = erfcx(x) if x < 100 else mp.fsum((-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(40)) / (x * sqrt(pi))
        return (1 + 2 * x) * y

    def inverse(w):
        s = 2 * (1 + w) / (1 - w)
        return tail_inverse(exp(-s * s)) / s

    root = mp.findroot(lambda x: psi(0, x), 1.4616)
    ends = [(s - 2) / (s + 2) for s in (sqrt(log(4)), sqrt(745))]
    for name, c in [
            ('erfcx', polynomial(scaled, -1, 1, 8e-18)),
            ('erfinv', polynomial(lambda u: f_erfinv(sqrt(0.5625 * (1 + u) / 2))[0] / sqrt(0.5625 * (1 + u) / 2), -1, 1, 4e-18)),
            ('tail', polynomial(inverse, *ends, 1e-6)),
            ('digamma', polynomial(lambda u: psi(0, (3 + u) / 2) / ((3 + u) / 2 - root), -1, 1, 4e-18))]:
        print(name, ', '.join(repr(float(x)) for x in c))
    print('digamma is 0 at 1 +', nstr(root - 1, 33))


if len(sys.argv) == 1:
    write()
elif sys.argv[1] == 'coefficients':
    coefficients()
else:
    measure(sys.argv[1])
