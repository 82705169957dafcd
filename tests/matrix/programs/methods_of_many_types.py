"""Calls of methods that may be of many types, which change meanwhile; C functions without effects, and their exceptions."""
import math
import sys


class A:
    def __init__(self, n):
        self.n = n

    def value(self, k):
        return self.n + k

    def frame(self):
        return sys._getframe(1).f_code.co_name


class B(A):
    def value(self, k, more=3):
        return self.n * k + more


class C:
    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n

    def value(self, k):
        if k == 77:
            raise ValueError(self.n)
        return -k

    def frame(self):
        return sys._getframe(2).f_code.co_name


class D:
    n = 5

    def __getattr__(self, name):
        if name in ("value", "frame"):
            return lambda *args: (name, args)
        raise AttributeError(name)


def total(things, k):
    out = 0
    for thing in things:
        out += thing.value(k) + thing.n
    return out


def frames(things):
    return [thing.frame() for thing in things]


things = [A(1), B(2), C(3), A(4), C(5), B(6)]
for i in range(400):
    r = total(things, i % 50)
print(r, frames(things))
for i in range(200):
    names = frames(things)
print(names)
try:
    total(things, 77)
except ValueError as error:
    tb = error.__traceback__
    while tb:
        print(tb.tb_frame.f_code.co_name, tb.tb_lineno)
        tb = tb.tb_next
print(frames(things + [D()])[-1])

# An instance's own attribute, a class that gets another method, a class attribute that is no function.
things[0].value = lambda k: 1000
print(total(things, 3))
A.value = lambda self, k: 10000
print(total(things, 3))
C.value = print
try:
    print(total(things, 3))
except TypeError as error:
    print(error)
del C.value
try:
    print(total(things, 3))
except AttributeError as error:
    print(error)


class Str(str):
    def upper(self):
        return "another"


def words(lines):
    out = []
    for line in lines:
        parts = line.split(",")
        out.append("-".join(parts))
        if line.startswith("b") or line.isdigit():
            out.append(line.upper().strip() + chr(ord(line[0]) + 1))
        out.append(line.replace("a", "bb").find("b") + line.count("a"))
    return out


lines = ["a,b,c", "bx ", "12", "xyz,aaa"] * 5
for i in range(200):
    words(lines)
print(words(lines)[:8])
for odd in (["bc", Str("b")], ["bb", 5], [b"x"], ["b", ""], [Str("q")]):
    try:
        print(words(odd))
    except Exception as error:
        print(type(error), error)


def maths(x, n):
    return math.floor(x) + math.ceil(x) + math.sin(x) + math.log(x) + math.log(x, 2.0) + n.bit_length() + abs(n)


for i in range(200):
    maths(i + 0.5, i)
print(maths(2.5, 10**30))
for odd in ((-1.0, 1), (float("nan"), 1), ("x", 1), (1, 2), (1.5, True), (0.0, 3)):
    try:
        print(maths(*odd))
    except Exception as error:
        print(type(error), error)


def parts(d):
    n = 0
    for k in d.keys():
        n += len(d.copy())
    return n, list(d.items()), sorted(d.values())


for i in range(200):
    parts({1: 2, 3: i})
print(parts({1: 2, 3: 4}))
