"""Warm code whose types change late: every kind of speculation that must give way."""


def add(a, b):
    return a + b


def loop_add(items):
    total = items[0]
    for v in items[1:]:
        total = total + v
    return total


print(loop_add(list(range(2000))), loop_add([0.5] * 2000), loop_add(["a"] * 20), loop_add([[1]] * 3))
print(loop_add([1] * 1000 + [2.5] + [1] * 1000), loop_add([2**62] * 10), loop_add([1] * 500 + [2**63] + [-1] * 500))
for i in range(500):
    add(i, i)
print(add(1.5, 2), add("x", "y"), add(2**63, 1), add([1], [2]), add((1,), ()), add(True, True))
try:
    add(1, "x")
except TypeError as e:
    print(e)


def switch(n):
    x = 0
    out = []
    for i in range(n):
        if i == n // 4:
            x = float(x)
        elif i == n // 2:
            x = str(x)
        elif i == 3 * n // 4:
            x = [x]
        x = x + (1 if isinstance(x, (int, float)) else "." if isinstance(x, str) else [i])
        if i % (n // 8) == 0:
            out.append(type(x).__name__)
    return out, len(x)


print(switch(2000))


def overflow(n, start):
    x = start
    for i in range(n):
        x = x * 3 + i
    return x % 1000000007


print(overflow(10, 1), overflow(1000, 1), overflow(1000, -1), overflow(3, 2**61))


def none_late(values):
    total = 0
    for v in values:
        if v is None:
            continue
        total += v
    return total


print(none_late([1] * 1000 + [None] + [2] * 10))


def error_late(values):
    total = 0
    try:
        for i, v in enumerate(values):
            total += 10 // v
    except ZeroDivisionError:
        return i, total
    except TypeError as e:
        return i, total, str(e)
    return "done", total


print(error_late([1] * 1000 + [0]), error_late([2] * 1000 + ["s"]), error_late([5] * 10))


class P:
    def __init__(self, v):
        self.v = v

    def get(self):
        return self.v


class Q(P):
    def get(self):
        return -self.v


class R:
    __slots__ = ("v",)

    def __init__(self, v):
        self.v = v

    def get(self):
        return self.v * 100


class S:
    def __getattr__(self, name):
        return (lambda: 1000) if name == "get" else 5


def total(objects):
    t = 0
    for o in objects:
        t += o.get() + o.v
    return t


print(total([P(1)] * 1000), total([P(1)] * 1000 + [Q(2)]), total([Q(1), P(2), R(3), S()] * 100))
P.get = lambda self: 7
print(total([P(1)] * 10 + [Q(1)]))
p = P(1)
p.get = lambda: 50
print(total([p, P(1)]))


def call(f, n):
    t = 0
    for i in range(n):
        t += f(i)
    return t


def double(x):
    return 2 * x


print(call(double, 1000), call(lambda x: x, 1000), call(abs, 100), call(int, 100), call(P(3).__eq__ and double, 10), call(float, 10))
old = double.__code__
double.__code__ = (lambda x: 3 * x).__code__
print(call(double, 1000))


def change_callee(n):
    out = 0
    for i in range(n):
        out += inner(i)
        if i == n // 2:
            globals()["inner"] = lambda v: v * 1000
    return out


def inner(v):
    return v


print(change_callee(1000))


def containers(c, n):
    t = 0
    for i in range(n):
        t += c[i]
    return t


class L(list):
    def __getitem__(self, i):
        return 1


print(containers(list(range(500)), 500), containers(tuple(range(500)), 500), containers({i: i for i in range(500)}, 500), containers(range(500), 500), containers(L(), 500), containers(bytes(range(200)), 200))


def iterate(it):
    t = 0
    for x in it:
        t += x
    return t


print(iterate([1] * 500), iterate((1,) * 500), iterate(range(500)), iterate({1: 2, 3: 4}), iterate(i for i in range(5)), iterate({9}), iterate(b"ab"), iterate(map(int, "123")))


def truthy(values):
    n = 0
    for v in values:
        if v:
            n += 1
        if not v:
            n += 100
    return n


print(truthy([True] * 500 + [1, 0, "", "x", [], 0.0, None, P]))


def compare(values):
    n = 0
    last = values[0]
    for v in values:
        if last <= v:
            n += 1
        last = v
    return n


print(compare(list(range(500))), compare([0.5, 1, 2.5, 2**70, 1e300]), compare(["a", "b", "a"]), compare([(1,), (1, 2)]))


def shrink(n):
    x = 2**70
    steps = 0
    while x:
        x >>= 1
        steps += 1
    y = n
    while y > 1:
        y = y / 2 if y % 2 == 0 else 3 * y + 1
        steps += 1
    return steps


print(shrink(27))


def unpack(pairs):
    t = 0
    for a, b in pairs:
        t += a * b
    return t


print(unpack([(1, 2)] * 300 + [[3, 4]] + ["" or (1.5, 2)]), end=" ")
try:
    unpack([(1, 2)] * 300 + [(1, 2, 3)])
except ValueError as e:
    print(e)
import array


def typed(a):
    for i in range(len(a)):
        a[i] = a[i] * 2 + 1
    return sum(a)


print(typed(array.array("i", range(100))), typed(array.array("d", [0.5] * 100)), typed([1] * 100), end=" ")
try:
    typed(array.array("b", [100] * 3))
except OverflowError as e:
    print(e)


class Plain:
    pass


class Other(Plain):
    pass


class Lying:
    @property
    def __class__(self):
        return int


def class_of(o):
    return o.__class__.__name__


for _ in range(3):
    changing = Plain()
    names = [class_of(changing) for _ in range(3)]
    changing.__class__ = Other
    print(names, class_of(changing), class_of(Lying()), class_of(Plain), class_of(3), class_of(None))
