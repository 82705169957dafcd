"""Conditions: jumps of all kinds, None tests, boolean operators in every position."""
import itertools


def none_tests(x):
    out = []
    if x is None:
        out.append("none")
    if x is not None:
        out.append("not none")
    while x is None:
        x = 0
    while x is not None:
        x = None
    out.append("a" if x is None else "b")
    out.append("c" if x is not None else "d")
    return out


def boolean(a, b, c):
    r = []
    r.append(a and b or c)
    r.append(a or b and c)
    r.append(not a and not b)
    r.append((a or b) and (b or c))
    r.append(not (a and (b or not c)))
    if a and b:
        r.append(1)
    elif a or b and not c:
        r.append(2)
    else:
        r.append(3)
    if not (a or b):
        r.append(4)
    n = 0
    while a and n < 2 or c and n < 3:
        n += 1
    r.append(n)
    r.append(1 if a else 2 if b else 3 if c else 4)
    r.append([v for v in (a, b, c) if v and not (v == 2 or v == "x")])
    return r


for args in itertools.product((0, 1, "x", None), repeat=3):
    print(args, boolean(*args))
print(none_tests(None), none_tests(0), none_tests(5))


class Truth:
    def __init__(self, v):
        self.v, self.asked = v, 0

    def __bool__(self):
        self.asked += 1
        return self.v

    def __repr__(self):
        return f"T{int(self.v)}{self.asked}"


for a, b in itertools.product((True, False), repeat=2):
    x, y = Truth(a), Truth(b)
    r = [x and y, x or y, not x, bool(x and y), "t" if x and y else "f", "t" if x or y else "f"]
    print(r)
    while x and y:
        break
    z = (x and y) and (x or y)
    print(x, y, z)


def chains(a, b, c, d):
    return (a < b < c < d, a < b > c != d, a == b == c, a is b is not c, a in [b] in [[b]], not a < b < c, (a < b) < c, a < (b < c), 1 if a < b < c else 0)


for args in itertools.product((0, 1, 2), repeat=4):
    if sum(args) % 2:
        print(args, chains(*args))


def loops(n):
    out = []
    for i in range(n):
        if i < 2 or i > n - 2:
            continue
        if not i % 2 and i % 3:
            out.append(i)
            continue
        elif i == 9:
            break
        for j in range(i):
            if j == 3:
                break
        else:
            out.append(-i)
        k = i
        while True:
            k -= 2
            if k < 0:
                break
            if k == 1:
                out.append("one")
    else:
        out.append("complete")
    return out


print(loops(6), loops(30))


def early(x):
    if x:
        if x > 1:
            if x > 2:
                return "deep"
            return "mid"
        return "shallow"
    return "none"


print([early(v) for v in range(4)], [early(v) for v in (None, 0.5, 1.5, 9)])


def constants():
    if 0:
        x = 1
    if 1:
        y = 2
    while 0:
        pass
    if not 0 and 1 or 0:
        y += 1
    return ("a" if 1 else "b"), y, 1 and 2, 0 or 3, not "", "" or [] or None or 0


print(constants())


def empty_bodies(n):
    for _ in range(n): pass
    while n: n -= 1
    if n: pass
    else: pass
    try: pass
    finally: pass
    with open("/dev/null"): pass
    return n


print(empty_bodies(5))
