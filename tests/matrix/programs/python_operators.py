"""Operators written in Python, for operands of one type, of several, and numbers; what they refuse; truths and releases on the way."""
import sys


class V:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        if other.x == 1000:
            return NotImplemented
        return V(self.x + other.x)

    def __mul__(self, k):
        if k == 7:
            return NotImplemented
        if k == 8:
            raise ValueError("eight")
        return V(self.x * k)

    def __rmul__(self, k):
        return V(k * self.x + 0.5)

    def __sub__(self, other):
        return sys._getframe(1).f_code.co_name, sys._getframe(1).f_lineno

    def __neg__(self):
        return V(-self.x)

    def __eq__(self, other):
        return self.x == other.x if type(other) is V else NotImplemented

    def __bool__(self):
        return self.x > 3


class W(V):
    def __radd__(self, other):
        return "W.__radd__"


class I:
    def __init__(self, x):
        self.x = x

    def __iadd__(self, other):
        self.x += other.x
        return self

    def __add__(self, other):
        return I(self.x + other.x + 1)


class Loud:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        return Loud(self.x + other.x)

    def __del__(self):
        if self.x == 299:
            frame = sys._getframe(1)
            print("del", self.x, frame.f_code.co_name, frame.f_lineno)


def add(a, b):
    return a + b


def iadd(a, b):
    a += b
    return a


def mul(a, k):
    return a * k


def sub(a, b):
    return a - b


def chain(a, n):
    s = a
    for i in range(n):
        s = s + a * 0.5
        s = s * 0.999 + -a
        if s:
            s = V(0.25)
        if s == a:
            print("equal", i)
    return s.x


def loud(n):
    s = Loud(0)
    one = Loud(1)
    for i in range(n):
        s = s + one
    return s.x


def attempt(f, *args):
    try:
        r = f(*args)
        return getattr(r, "x", r)
    except Exception as e:
        names = []
        tb = e.__traceback__
        while tb:
            names.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
            tb = tb.tb_next
        return type(e).__name__, str(e), names[1:]


for _ in range(300):
    add(V(1), V(2))
    mul(V(1), 0.5)
    sub(V(1), V(2))
    iadd(I(1), I(2))
    add(I(1), I(2))
print(attempt(add, V(1), V(2)), attempt(add, V(1), V(1000)), attempt(add, V(1), W(2)), attempt(add, V(1), 5))
print(attempt(mul, V(2), 0.5), attempt(mul, V(2), 7), attempt(mul, V(2), 7.0), attempt(mul, V(2), 8), attempt(mul, 3, V(2)))
print(attempt(mul, V(2), True), attempt(mul, V(2), "x"), attempt(mul, V(2), None), attempt(mul, V("a"), 3))
print(attempt(sub, V(1), V(1)), attempt(sub, V(1), None), attempt(iadd, I(1), I(2)), attempt(iadd, V(1), V(2)))
print(attempt(iadd, V(1), V(1000)), attempt(add, I(1), V(2)), attempt(add, "a", "b"), attempt(add, [1], [2]), attempt(add, 1.5, 2))
print(chain(V(1.0), 400), loud(300), loud(301))
V.__add__ = lambda self, other: "changed"
print(attempt(add, V(1), V(2)))
del V.__add__
print(attempt(add, V(1), V(2)))
