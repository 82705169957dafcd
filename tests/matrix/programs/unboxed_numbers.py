"""Arithmetic whose intermediate results need no box: what happens when one does after all."""
# traced

import sys
from array import array


def attempt(function, *args):
    try:
        return repr(function(*args))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def polynomial(x):
    return 3.0 * x * x - 2.0 * x + 1.0


def quotient(a, b):
    return (a * b + 1) / (a - b)


def mixed(a, b, c):
    return a * b + c * a - b * c


def chain(a, b):
    return ((a + b) * (a - b) + 7) * 3 // 2 % 1000


def shifts(a, b):
    return ((a << b) ^ (a >> 3)) & 0xFFFF | b + 1


def powers_of_two(a):
    return (a + 1) // 8, (a - 1) % 8, (a * 3) // 1024 + (a * 5) % 1024, -(a * 3) // 4


def compare(a, b):
    hits = []
    if a * b > a + b:
        hits.append(">")
    if a * b >= 6:
        hits.append(">=6")
    if a * 2 == b:
        hits.append("==")
    if a * 2 != b:
        hits.append("!=")
    if a - b < 0.5:
        hits.append("<.5")
    if a - b <= 0:
        hits.append("<=0")
    if a + b:
        hits.append("true")
    if not a - b:
        hits.append("equal")
    return hits


def negate(a, b):
    return -(a * b) + -a


def index(items, i, step):
    return items[i * step + 1], items[-(i * step) - 1]


def put(items, i, value):
    items[i * 2 - 1] = value
    items[i - 5] = value
    return items


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f"Point({self.x}, {self.y})"

    def dot(self, other):
        return self.x * other.x + self.y * other.y

    def cross(self, other):
        return self.x * other.y - self.y * other.x


def nested(items, i, scale):
    return items[i][0] * scale + items[i + 1][1] * items[i - 1][0]


def caught(a, b):
    total = 0
    for divisor in (b, 0, b + 1):
        try:
            total += (a * 2 + 1) / (divisor * 1)
        except ZeroDivisionError as error:
            total += 1000 + len(str(error))
    return total


def gauss(n):
    total = 0
    i = 0
    while i * 2 < n * 2:
        total += i * i - i
        i += 1
    return total


class Loud(float):
    def __mul__(self, other):
        print("Loud *", other)
        return 1.5

    def __radd__(self, other):
        print("Loud +", other)
        return 2.5


class Watched:
    """A temporary that dies in the middle of an expression, and looks around."""

    x = 2.0

    def __del__(self):
        frame = sys._getframe(1)
        print("gone in", frame.f_code.co_name, sorted(frame.f_locals))


def dying(a):
    return a * 2.0 + Watched().x * a


WARM_INTS = [(3, 4), (5, 2), (100, 7), (12, 9)]
WARM_FLOATS = [(3.0, 4.5), (0.5, 2.25), (-1.5, 7.0), (1e3, 1e-3)]
BIG = 2**29
ODD_PAIRS = [
    (BIG, BIG),
    (2**31, 2**31),
    (2**59, 2**59),
    (-(2**59), 2**59),
    (2**60 - 1, 2**60 - 1),
    (2**62, 3),
    (2**63, -1),
    (-(2**63), 1),
    (-(2**63), -1),
    (2**64 - 1, 2**64 - 1),
    (True, 3),
    (3, False),
    (0, 0),
    (0.0, 0),
    (-0.0, 0.0),
    (1.5, 2),
    (2, 1.5),
    (float("inf"), 1.0),
    (float("nan"), 1.0),
    (float("nan"), 2),
    (1e308, 10.0),
    (2**53, 2**53 - 1),
    (2**53 + 1, 1),
    (1 + 2j, 2),
    ("ab", 2),
    (2, "ab"),
    (None, 1),
    ([1], 2),
    (Loud(2.0), 3.0),
    (3.0, Loud(2.0)),
]


def warm(function, argument_lists, rounds=60):
    result = None
    for _ in range(rounds):
        for arguments in argument_lists:
            result = function(*arguments)
    return result


def check(function, warm_lists, odd_lists):
    print(function.__name__, warm(function, warm_lists))
    for arguments in odd_lists:
        print(" ", arguments, "->", attempt(function, *arguments))
    print("  again", warm(function, warm_lists))


for pairs in (WARM_INTS, WARM_FLOATS):
    for function in (quotient, chain, shifts, compare, negate, caught):
        if pairs is WARM_FLOATS and function is shifts:
            continue
        check(function, pairs, ODD_PAIRS)
check(polynomial, [(x,) for x, _ in WARM_FLOATS], [(x,) for x, _ in ODD_PAIRS])
check(powers_of_two, [(x,) for x, _ in WARM_INTS], [(x,) for x, _ in ODD_PAIRS] + [(-1,), (-9,)])
triples = [(2, 3, 4), (5, 6, 7)]
check(mixed, triples, [(a, b, c) for (a, b), c in zip(ODD_PAIRS, (2, 2.0, BIG, True) * 9)])
check(mixed, [(2.0, 3.0, 4.0)], [(2, 3.0, 4), (2.0, 3, 4), (2, 3, 4.0), (2**70, 1.0, 2)])

items = list(range(40))
check(index, [(items, 3, 4), (tuple(items), 5, 2)], [(items, 3, 20), (items, -3, 4), (items, 1.0, 2), ("abcdefgh", 2, 3)])
check(put, [(list(range(9)), 3, "x")], [([1], 3, 1), ([1, 2, 3, 4, 5, 6], -1, 0), ({}, 1, 2), ((1, 2), 1, 2)])
rows = [[1.5, 2.5], [3.5, 4.5], [5.5, 6.5]]
check(nested, [(rows, 1, 2.0)], [(rows, 2, 1.0), (rows, 1, 2), (rows, 1, "a"), ([[1, 2]] * 3, 1, 2), (rows, 1, None)])
a, b = Point(1.5, 2.5), Point(3.0, -4.0)
for method in (Point.dot, Point.cross):
    check(method, [(a, b), (b, a)], [(a, Point(1, 2)), (Point(2**40, 2**40), Point(2**40, 3)), (a, Point("x", 1.0)), (a, 3)])


# Arrays, whose items have no box to begin with; and what looks like one.
def weigh(values, i, scale):
    return values[i] * scale + values[i - 1] * values[i + 1] - values[-i]


def pick(table, indices, i):
    return table[indices[i] + 1] + indices[i + 1] * 2


class Table:
    def __repr__(self):
        return "Table"

    def __getitem__(self, i):
        return i + 0.5


doubles, singles = array("d", [1.5, 2.5, 3.5, 4.5]), array("f", [1.5, 2.5, 3.5, 4.5])
bytes_, longs = array("B", [3, 2, 1, 0]), array("q", [3, 2, 1, 2**62])
ints = array("i", [3, -2, 1, 0])
arrays = [(doubles, 1, 2.0), (doubles, 2, 0.5)]
odd_arrays = [(values, i, scale) for values in (doubles, singles, bytes_, longs, ints, Table(), [1, 2, 3, 4], "abcd", {}) for i, scale in ((1, 2.0), (2, 3), (3, 1), (-4, 1.5), (1.0, 2), (1, "x"))]
check(weigh, arrays, odd_arrays)
check(weigh, [(ints, 1, 2), (bytes_, 2, 3)], odd_arrays[::2])
check(pick, [([1.5] * 9, ints, 2), (doubles, bytes_, 1)], [(doubles, longs, 2), (Table(), doubles, 0), (doubles, singles, 1), (ints, ints, 0), (ints, None, 0)])
print(warm(gauss, [(30,)]), gauss(2000))
print(warm(dying, [(1.5,)], 3))
print(attempt(dying, "no"))

# References are neither lost nor kept.
one = 1234.5
many = 2**40
before = sys.getrefcount(one), sys.getrefcount(many)
for _ in range(100):
    attempt(quotient, one, one)
    attempt(mixed, many, one, "x")
    attempt(compare, many, many)
print(before == (sys.getrefcount(one), sys.getrefcount(many)))


# A debugger that comes in the middle sees the same lines and values.
def traced(a, b):
    x = a * b + a
    y = x * 2 - b * 3
    return (x + y) * (x - y)


def tracer(frame, event, arg):
    if frame.f_code is traced.__code__:
        print(event, frame.f_lineno - traced.__code__.co_firstlineno, frame.f_locals)
    return tracer


warm(traced, [(2, 3)])
sys.settrace(tracer)
traced(4, 5)
sys.settrace(None)
print(warm(traced, [(2.5, 3.5)]))
