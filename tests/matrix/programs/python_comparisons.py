"""Comparisons written in Python, as values and in jumps, and what they may do there."""
# traced
import sys


class Num:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        if self.n > 100:
            return NotImplemented
        return self.n < other.n

    def __gt__(self, other):
        return ("gt", self.n > other.n)

    def __eq__(self, other):
        if self.n < 0:
            return NotImplemented
        if self.n == 13:
            raise ValueError("thirteen")
        return self.n == other.n

    def __hash__(self):
        return self.n


class Shy:
    def __lt__(self, other):
        return NotImplemented

    __gt__ = __le__ = __ge__ = __eq__ = __ne__ = __lt__


class Odd:
    """Its truth is asked for, and may raise."""

    def __init__(self, truth):
        self.truth = truth

    def __eq__(self, other):
        return self

    def __bool__(self):
        if self.truth is None:
            raise KeyError("truth")
        return self.truth

    def __le__(self, other, more=2):
        return more


class Plain:
    pass


class Listed(list):
    def __lt__(self, other):
        return len(self)


def values(a, b):
    return [tried(f) for f in (lambda: a < b, lambda: a <= b, lambda: a == b,
                               lambda: a != b, lambda: a > b, lambda: a >= b)]


def jumps(a, b):
    out = []
    for f in (lambda: "y" if a < b else "n", lambda: "y" if a <= b else "n",
              lambda: "y" if a == b else "n", lambda: "y" if not a == b else "n",
              lambda: "y" if a != b else "n", lambda: "y" if a > b else "n",
              lambda: "y" if not a < b else "n",
              lambda: "y" if a < b < a else "n"):
        out.append(tried(f))
    return out


def tried(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


def show(o):
    return [type(x).__name__ if isinstance(x, Odd) else x for x in o]


a, b, c, d = Num(1), Num(2), Num(200), Num(-1)
pairs = [(a, b), (b, a), (a, a), (c, a), (a, c), (c, c), (d, d), (d, a),
         (Num(13), a), (Shy(), Shy()), (Odd(True), Odd(False)),
         (Odd(None), Odd(None)), (Odd(False), 1), (Plain(), Plain()),
         (Listed([1]), Listed()), (Listed(), [1]), (a, Shy()), (1, a)]
for turn in range(30):
    out = [show(values(x, y)) + jumps(x, y) for x, y in pairs]
for row in out:
    print([r if not isinstance(r, str) else r.split(" at ")[0] for r in row])


# Loops that compare.
def climb(limit):
    n, steps = Num(0), 0
    while n < limit:
        n.n += 1
        steps += 1
    while not (n == Num(50)):
        n.n -= 1
        steps += 1
    return steps


print(climb(Num(90)))

# References, and finalizers of operands.
log = []


class Loud(Num):
    def __del__(self):
        log.append(self.n)


def temps(n):
    if Loud(n) == Loud(n + 1):
        log.append("equal")
    result = Loud(n) < Loud(n + 2)
    return result


for turn in range(11):
    temps(turn)
    temps(turn + 20)
print(log[:12], len(log))
marker = Num(5)
before = sys.getrefcount(marker)
for turn in range(200):
    marker == marker, marker < marker, marker != marker
    if marker == marker and not marker < marker:
        pass
    tried(lambda: Num(13) == marker)
print(sys.getrefcount(marker) - before)


# Changes of the class, and recursion.
def equal(x, y):
    if x == y:
        return "equal"
    return x == y


for turn in range(40):
    out = equal(a, Num(1))
    if turn == 20:
        Num.__eq__ = lambda self, other: "changed"
    if turn == 30:
        Num.__eq__ = lambda self, other, more: True
    if turn in (25, 35):
        print(tried(equal, a, b))
    if turn == 30:
        Num.__eq__ = lambda self, other: []
print(out)
Num.__eq__ = lambda self, other: self == other
print(tried(equal, a, b)[:40])
Num.__eq__ = lambda self, other: (yield)
print(type(a == b).__name__, equal(a, b))
del Num.__eq__
print(equal(a, a), equal(a, b))


# Tracing that a comparison switches on.
def tracer(frame, event, arg):
    lines.append((frame.f_code.co_name, event))
    return tracer


class Tracing:
    def __eq__(self, other):
        sys.settrace(tracer)
        return True


def traced():
    if Tracing() == Tracing():
        sys.settrace(None)
        return "traced"
    return "not"


for turn in range(5):
    lines = []
    print(traced(), len(lines))
print(lines[-4:])
