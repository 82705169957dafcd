"""Lists, tuples, dicts and sets: displays, methods, mutation, errors."""
import traceback
import sys


def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


def lists():
    x = []
    for i in range(20):
        x.append(i * i % 7)
        if len(x) > 12:
            x.pop(0)
    x.extend(v for v in range(3))
    x += x[:2]
    x.insert(-1, "s")
    x.remove("s")
    x.sort(reverse=True)
    y = x.copy()
    y.reverse()
    x[0], x[-1] = x[-1], x[0]
    return x, y, x.index(3), x.count(0), x == y, x < y, [0] * 3 + [1], len(x)


def dicts():
    d = {"a": 1, **{"b": 2}, "c": 3}
    d["d"] = d.get("a") + d.setdefault("e", 5)
    del d["b"]
    d |= {"z": 26}
    e = d | {"a": 100}
    d.update(q=1)
    keys = [k for k in d]
    return d, e, keys, d.pop("zz", "default"), list(d.items())[0], "a" in d, d.keys() & {"a", "q"} == {"a", "q"}, dict.fromkeys("ab", 0), {1: "int", 1.0: "float", True: "bool"}


def sets():
    s = {3, 1, 2}
    s.add(4)
    s.discard(9)
    s |= {10}
    t = {v % 3 for v in s}
    return sorted(s), sorted(t), s & t == {1, 2}, sorted(s ^ t), s - t, {1} < {1, 2}, s.isdisjoint([7]), frozenset(t) in {frozenset(t)}, {1, 1.0, True}


def tuples():
    a = (1, "x", (2, 3))
    b = a + (4,)
    c = b[1:3] * 2
    return b, c, a < (1, "y"), hash(a) == hash((1, "x", (2, 3))), () == (), (1,) * 0, a.index("x"), a.count(1), (*a, *c), (a)


for f in (lists, dicts, sets, tuples):
    show(f)
for bad in (
    lambda: [].pop(), lambda: [1].remove(2), lambda: [1].index(2), lambda: [1, "a"].sort(), lambda: {}.pop("k"), lambda: {}.popitem(), lambda: {}["k"],
    lambda: {[]: 1}, lambda: {{}}, lambda: set().pop(), lambda: {1}.remove(2), lambda: dict([1]), lambda: dict([(1, 2, 3)]), lambda: {**5}, lambda: [*5],
    lambda: (1,) + [2], lambda: [1] + (2,), lambda: [1] * 1.5, lambda: {1} + {2}, lambda: {1} | [2], lambda: {} | [], lambda: (1).append(2), lambda: tuple(5),
    lambda: [1, 2] < [1, "a"], lambda: {} < {}, lambda: max([]), lambda: sum(["a"]), lambda: sorted([1, None]), lambda: [1, 2, 3].index(5, 1), lambda: [].__delitem__(0), lambda: [0] * 2**62,
):
    show(bad)


def constants(x):
    a = x in (1, 2, "three")
    b = x in [1, 2]
    c = x in {1, 2, 3}
    d = [1, 2, 3]
    d.append(x)
    e = {"k": [1, 2]}
    e["k"].append(x)
    f = [[], {}, set(), ()]
    f[0].append(x)
    g = (1, [2, x])
    return a, b, c, d, e, f, g


print(constants(1))
print(constants(3))


def matrix(n):
    rows = [[0] * n for _ in range(n)]
    shared = [[0] * 2] * 2
    shared[0][0] = 1
    for i in range(n):
        for j in range(n):
            rows[i][j] += i * j
            rows[j][i] -= 1
    return rows, shared, [list(r) for r in zip(*rows)] == rows, sum(map(sum, rows))


print(matrix(4))


def grow_dict(n):
    d = {}
    for i in range(n):
        d[i] = d.get(i - 1, 0) + i
        if i % 3 == 0:
            del d[i // 2 if i // 2 in d else i]
    return len(d), list(d)[:5], sum(d.values())


print(grow_dict(1000))


def string_keys(n):
    d = {}
    for i in range(n):
        k = "k" + str(i % 50)
        try:
            d[k] += 1
        except KeyError:
            d[k] = 1
    d[5] = "int key"
    return len(d), d["k3"], d[5], d[5.0]


print(string_keys(500))


class Hash:
    def __init__(self, v, h):
        self.v, self.h = v, h

    def __hash__(self):
        return self.h

    def __eq__(self, other):
        return isinstance(other, Hash) and self.v == other.v


d = {Hash(i, i % 3): i for i in range(30)}
print(sum(d[Hash(i, i % 3)] for i in range(30)), d.get(Hash(1, 2)), len({Hash(1, 1), Hash(1, 1), Hash(2, 1)}))
q = [3, [1, [2]], {"a": (1, [2])}]
import copy

r = copy.deepcopy(q)
r[1][1][0] = 99
r[2]["a"][1].append(5)
print(q, r, q == r, copy.copy(q)[1] is q[1])
stack, queue = [], [1]
while queue and len(stack) < 10:
    v = queue.pop(0)
    stack.append(v)
    queue += [v * 2, v * 2 + 1]
print(stack, [stack.pop() for _ in range(3)])
