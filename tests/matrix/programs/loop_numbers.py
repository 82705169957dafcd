"""The number that a loop leaves is one object for all who see it."""
import math

HOT = 80


def ask(x, y):
    return x is y


def two_lists(n):
    x = 1.5
    i = 0
    while i < n:
        x = x * 1.25 + 0.5
        i += 1
    a, b = [], []
    a.append(x)
    b.append(x)
    big = i << 40
    return a[0] is b[0], ask(x, a[0]), id(x) == id(b[0]), ask(big, big)


def ints(n):
    x = 1
    for i in range(n):
        x += i << 33
    d = {}
    d["x"] = x
    s = [x]
    return d["x"] is s[0], ask(x, x), ask(x, s[0])


def nan_member(n):
    x = math.inf
    i = 0
    while i < n:
        x = x - x
        i += 1
    seen = [x]
    keys = {x: 1}
    return x in seen, seen.count(x), x in keys, keys.get(x), x in (x,), [x] == seen


def on_one_way(n, way):
    x = 0.5
    for i in range(n):
        x += 0.25
    a = []
    if way:
        a.append(x)
    a.append(x)
    a.append(x)
    return [y is a[0] for y in a], a[0]


def two_names(n, way):
    x = 0.5
    for i in range(n):
        x += 0.25
    y = x
    a = []
    if way:
        a.append(y)
    a.append(x)
    y = None
    a.append(x)
    return [z is a[0] for z in a]


def through_next_loop(n):
    x = 0.5
    for i in range(n):
        x += 0.25
    a = []
    for i in range(n):
        if i % 7 == 3:
            a.append(x)
        if i % 11 == 5:
            a.append(x)
    return len(a), all([y is a[0] for y in a]), ask(a[-1], x)


def inside(n):
    x = 0.5
    a = []
    for i in range(n):
        x = x * 1.01 + 1.0
        if i % 5 == 2:
            a.append(x)
            a.append(x)
        if i % 7 == 2:
            a.append(x)
    same = 0
    for i in range(1, len(a)):
        same += a[i] is a[i - 1]
    return len(a), same


def breaks(n, at):
    x = 0.5
    a = []
    for i in range(n):
        x *= 1.5
        if x > at:
            a.append(x)
            break
        if i > 50:
            break
    a.append(x)
    return [ask(y, x) for y in a], a[0] is a[-1]


def leaves(n, odd):
    """Code is left behind the first box: the frame has the same."""
    x = 0.5
    for i in range(n):
        x += 0.25
    a = [x]
    y = odd + 1
    a.append(x)
    return a[0] is a[1], ask(x, a[0]), y


class Keeper:
    def __init__(self):
        self.first = self.second = None

    def keep(self, x):
        self.first = x
        self.second = x

    def same(self):
        return self.first is self.second


def attributes(n, k):
    x = 0.5
    i = 0
    while i < n:
        x += 0.25
        i += 1
    k.first = x
    k.second = x
    before = k.same()
    k.keep(x)
    return before, k.same(), k.first is x, k.first


def result(n):
    x = 0.5
    i = 0
    while i < n:
        x += 0.25
        i += 1
    kept.append(x)
    return x


kept = []


def results(n):
    y = result(n)
    return y is kept[-1], y


def swapped(n):
    x, y = 0.5, 1.5
    for i in range(n):
        x, y = y, x + y
    a = [x, y]
    b = [y, x]
    return a[0] is b[1], a[1] is b[0], a[0] is not b[0], a


def nested(n):
    out = []
    for j in range(3):
        x = 1.0 + j
        for i in range(n):
            x = x * 0.5 + 1.0
        out.append(x)
        out.append(x)
    return [out[i] is out[i + 1] for i in range(0, len(out), 2)]


def raises(n, f):
    x = 0.5
    for i in range(n):
        x += 0.25
    a = [x]
    try:
        f(x)
    except ValueError as e:
        return e.args[0] is a[0], ask(x, a[0])
    return a[0] is x


def refuse(x):
    raise ValueError(x)


def every(n, way):
    out = []
    out.append(two_lists(n))
    out.append(ints(n))
    out.append(nan_member(n))
    out.append(on_one_way(n, way))
    out.append(two_names(n, way))
    out.append(through_next_loop(n))
    out.append(inside(n))
    out.append(breaks(n, 100.0 if way else 1e9))
    out.append(attributes(n, Keeper()))
    out.append(results(n))
    out.append(swapped(n))
    out.append(nested(n))
    out.append(raises(n, refuse if way else str))
    return out


last = None
for k in range(HOT):
    last = every(40 + k % 3, k % 2)
    if k % 20 == 19:
        print(*last, sep="\n")
for k in range(HOT):
    leaves(30, 1)
print(leaves(30, 1), leaves(30, 1.5), leaves(30, True), leaves(30, 1 << 70))
