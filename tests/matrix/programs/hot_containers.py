"""Dicts, sets, strs, tuples and lists in loops, with keys of many kinds and
with those that the fast paths leave to CPython."""

import sys
from array import array


class Text(str):
    pass


class Number(int):
    def __eq__(self, other):
        seen.append(("eq", int(self), type(other).__name__))
        return int(self) == other

    def __hash__(self):
        return hash(int(self))


class Rude:
    def __repr__(self):
        return "Rude()"

    def __hash__(self):
        return 5

    def __eq__(self, other):
        raise ValueError("rude")


class Missing(dict):
    def __missing__(self, key):
        return "missing %r" % (key,)


seen = []
FRESH = "".join(["k", "ey"])
KEYS = [0, 1, -1, -2, 255, 256, 2**29, 2**30, -2**30, 2**59, 2**60, 2**61 - 1, 2**61, 2**70, -2**70, True, False, 1.0,
        -1.0, 2.5, None, "key", FRESH, "k" * 40, "\xe9", "\u20ac", "", Text("key"), (), (1,), (1, 2), (1.0, 2), (True, 2),
        (-1, -1), (2**40, "key"), ("key", FRESH), (1, (2, 3)), (None, 1), (1, 2, 3, 4, 5), frozenset((1, 2)), b"key",
        Number(7), 7, (Number(7), 1), (7, 1)]


def show(label, *values):
    print(label, *values)


def stores(keys, size):
    d = {}
    for i, key in enumerate(keys):
        d[key] = i
        if i == size:
            break
    return d


def probes(d, keys):
    found = []
    for key in keys:
        if key in d:
            found.append(d[key])
        if key not in d:
            found.append("-")
        found.append((key in d, d.get(key), d.get(key, "none")))
    return found


def lookups():
    for keys in (KEYS, KEYS[::-1], KEYS[20:28], KEYS[:15]):
        d = stores(keys, len(keys))
        show("dict", list(d.items()))
        show("found", probes(d, KEYS))
        show("set", sum(key in set(keys) for key in KEYS), sum(key in frozenset(keys) for key in KEYS))
        show("list", sum(key in list(keys) for key in KEYS), sum(key in tuple(keys) for key in KEYS))
    show("seen", len(seen), seen[:6])


def load(d, key):
    return d[key]


def store(d, key, value):
    d[key] = value


def has(container, item):
    if item in container:
        return item not in container, "in"
    return item not in container, "not in"


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


def failures():
    for _ in range(3):
        for d in ({}, {1: 2}, {"a": 1}, {(1, 2): 3}, Missing(), Missing({1: 2}), [5, 6], "text", None):
            for key in (1, "a", (1, 2), (1, []), [], Rude(), Number(1), 9**30, slice(0, 1), None):
                show("load", type(d).__name__, attempt(load, d, key))
                show("has", attempt(has, d, key))
        d = {}
        for key in (1, "a", (1, 2), (1, []), [], 5):
            show("store", attempt(store, d, key, key), len(d))
        d = {5: 1}
        show("rude", attempt(load, d, Rude()), attempt(has, d, Rude()), attempt(has, {5}, Rude()),
             attempt(lambda: {5, Rude()}), attempt(has, [Rude()], 5), attempt(has, (Rude(),), 5))


def growth():
    # Splits, resizes, removed entries, orders of iteration.
    d = {}
    for i in range(2000):
        d[i * 7919 % 1009] = i
        d[i % 50, -i % 7] = i
        d["s%d" % (i % 300)] = i
        if i % 3 == 0:
            d.pop(i % 1009, None)
        if i % 100 == 0:
            d.popitem()
    show("growth", len(d), hash(tuple(d.values())), list(d)[:4], list(d)[-4:])
    s, order = set(), []
    for i in range(3000):
        key = i * 31 % 47
        if key in s:
            s.remove(key)
        else:
            s.add(key)
        if i % 5 == 0:
            s.discard((i % 7, 1))
        else:
            s.add((i % 11, 1))
        if i % 500 == 0:
            order.append([key for key in s])
    show("order", order)
    show("comprehension", {i * 37 % 101 for i in range(150)}, {(i % 3, -i % 2) for i in range(9)})
    for s in (set(), {1}):
        show("remove", attempt(s.remove, 1), attempt(s.remove, 1), attempt(s.remove, (1, [])), attempt(s.discard, []))
        show("add", attempt(s.add, [1]), attempt(s.add, (1, [])), s)


def changes():
    d = dict.fromkeys(range(5))
    show("changed", attempt(lambda: [store(d, key + 100, 0) for key in d]))
    s = set(range(5))
    show("changed", attempt(lambda: [s.add(key + 100) for key in s]))

    class Shared:
        pass

    one, two = Shared(), Shared()
    one.a = one.b = 1
    two.a = 2
    for o in (one, two):
        for key in ("a", "b", "c"):
            o.__dict__[key] = key * 2
        del o.a
        show("shared", o.__dict__, "a" in o.__dict__, o.__dict__.get("a"), vars(o) == {"b": "bb", "c": "cc"})
    space = {}
    exec("def f(): return late", space)
    show("late", attempt(space["f"]))
    space["late"] = 1
    show("late", space["f"]())
    space["late"] = 2
    show("late", space["f"]())


def counts():
    # References that are taken and given back.
    key, value, d, s = "".join(["un", "iq"]), object(), {}, set()
    pair = key, 1000
    before = [sys.getrefcount(o) for o in (key, value, pair, None)]
    for i in range(500):
        d[key] = value
        d[key] = value
        d[pair] = value
        d[key, i] = value
        d[key], d[pair]
        key in d, pair in d, pair in s
        s.add(pair)
        d.get(key), d.setdefault(key, value), d.setdefault(pair)
        s.discard(pair)
        first, second = pair
        first, second, third = key, value, pair
        made = [key, value]
        first, second = made
        made = [key, value, pair]
        first, second, third = made
        second = made = third = None
    d.clear()
    del first, second, third, made
    show("counts", [sys.getrefcount(o) - n for o, n in zip((key, value, pair), before)])


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append(self.name)


log = []


def deaths():
    d = {"k": Noisy("first")}
    d["k"] = Noisy("second")
    d["k"] = None
    a, b = Noisy("a"), Noisy("b")
    a, b = b, a
    a, b = (Noisy("c"), Noisy("d"))
    pair = [Noisy("e"), Noisy("f")]
    a, b = pair
    pair = None
    a = b = None
    (a, b), c = (1, 2), Noisy("g")
    c, a, b = Noisy("h"), 1, 2
    show("deaths", log)


class Thief:
    def __init__(self, target):
        self.target = target

    def __del__(self):
        self.target.clear()


def thefts():
    # A store's finalizer empties what is being unpacked.
    for n in (2, 3):
        target = [str(i) * 3 for i in range(n)]
        if n == 2:
            first = Thief(target)
            first, second = target
            show("theft", first, second, target)
        else:
            first = Thief(target)
            first, second, third = target
            show("theft", first, second, third, target)


def split(value):
    a, b = value
    return b, a


def triple(value):
    a, b, c = value
    return c, b, a


def itself(a):
    a, b = a
    return a, b


def unpacking():
    for value in ((1, 2), [1, 2], "ab", (1, 2, 3), [1, 2, 3], "abc", [], (), {1: 2, 3: 4}, iter("xy"), 5, None,
                  type("T", (tuple,), {"__iter__": lambda self: iter("pq")})((1, 2))):
        show("split", attempt(split, value))
    for value in ((1, 2), [1, 2], (1, 2, 3), [1, 2, 3], "abc", range(3), 7):
        show("triple", attempt(triple, value))
    show("itself", itself((5, 6)), itself([5, 6]), itself(([1, 2], 3)))


def compare(a, b):
    return (a == b, a != b, [0 if a == "+" else 1, 0 if a != "+" else 1, 0 if a == "while" else 1,
                             0 if a == "longer than eight" else 1, 0 if a == "\xe9" else 1, 0 if a == "" else 1,
                             0 if a == "abc" else 1, 0 if a == "ab" else 1, 0 if a == "a b c d" else 1])


def texts():
    made = ["".join(list(s)) for s in ("+", "-", "while", "whale", "longer than eight", "longer than eighx", "\xe9", "\xe8",
                                       "", "abc", "abd", "xbc", "ab", "a b c d", "a b c e", "x b c d", "\u20acuro")]
    for a in made + [Text("abc"), 5, 2.0, None, b"abc", Number(3)]:
        show("text", repr(a), compare(a, "+"), [a == b for b in made], [a != b for b in made])
    for text in ("abc", "\xe9\xe8", "\u20ac\u20ad", "a\u20ac", "", Text("xyz")):
        for i in (0, 1, -1, 2, -3, 3, -4, 10**20, True, None, "a", 1.0):
            show("char", attempt(load, text, i))
    for text in ("+-*/", "", "\xe9a", Text("+")):
        for item in ("+", "-*", "", "\xe9", "\u20ac", 5, None, Text("+"), b"+"):
            show("within", attempt(has, text, item))


def tuples():
    values = [(), (1,), (1, 2), (1, 3), (2, 1), (1, 2, 0), (1.0, 2), (1, 2.0), (1, "a"), (1, "b"), ("a", 1), ("\xe9",),
              (float("nan"),), (2**80, 1), (2**80, 2), (None,), ((1, 2), 3), ((1, 3), 0), (-0.0,), (0.0,), (0,)]
    for a in values:
        show("tuple", a, [a == b for b in values], [a != b for b in values], [hash(a) == hash(b) for b in values])
        show("order", [attempt(lambda: a < b) for b in values])
        show("order", [attempt(lambda: a >= b) for b in values])
    nan = float("nan")
    show("nan", (nan, 1) == (nan, 1), (nan, 1) < (nan, 2), (nan,) == (float("nan"),))
    show("hash", [hash(t) for t in ((), (1,), (-1,), (-2, 2**59), (1, 2, 3), (2**61, 1))])
    show("rude", attempt(lambda: (1, Rude()) == (1, Rude())), (1, Rude()) == (2, Rude()))


def builds(n):
    kept = []
    for i in range(n):
        a = (i,)
        b = (i, a)
        c = [i, b]
        d = [c, a, b]
        e = ()
        f = []
        g = (i, a, b, c, d, e, f, 8)
        h = [i, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        f.append(i)
        if i % 100 == 0:
            kept.append((a, b, c, e, f, len(g), len(h)))
    return kept


def cut(o, i, j, k):
    return [attempt(f) for f in (
        lambda: o[i:j], lambda: o[i:j:k], lambda: o[::k], lambda: o[i:], lambda: o[:j], lambda: o[j::-1], lambda: o[:])]


def paste(o, i, j, value):
    copy = list(o)
    copy[i:j] = value
    other = list(o)
    other[i:j] = [x for x in value]
    third = list(o)
    third[j::-1] = [x for x in value]
    return copy, other, third


class Sliced:
    def __getitem__(self, index):
        return index

    def __setitem__(self, index, value):
        seen.append((index, value))


class Tuple(tuple):
    pass


class List(list):
    def __getitem__(self, index):
        return "mine", index


def slices():
    bounds = (None, 0, 1, 3, 4, 5, 100, -1, -2, -5, -6, -100, 10**20, -10**20, True, 1.0)
    for o in ([1, 2, 3, 4, 5], (1, 2, 3, 4, 5), "abcde", "é€xyz", b"abcde", [], (), "", Tuple((1, 2, 3)),
              List((1, 2)), Text("abcde"), range(5), Sliced(), 5):
        for i in bounds:
            for j in (bounds if len(bounds) < 3 else (None, 2, -2, 10, "x")):
                show("cut", i, j, [cut(o, i, j, k) for k in (None, 1, -1, 2, -3, 0)] if j in (None, 2) else cut(o, i, j, 2))
    for i in bounds:
        for j in bounds[:8]:
            for value in ([], [9], [9, 8], (9, 8, 7), "xy", range(2), iter([7]), 5, {1: 2}):
                show("paste", i, j, attempt(paste, [1, 2, 3, 4, 5], i, j, value))
    words = ["a" * i for i in range(300, 306)]
    counted = list(map(sys.getrefcount, words))
    for _ in range(50):
        words[:3] = words[2::-1]
        words[:3] = words[2::-1]
        words[1:1] = []
        words[2:4] = [words[2], words[3]]
        words[:] = words[::-1][::-1]
        words[1:3], words[::2], words[-1:], words[::-1]
    show("words", [b - a for a, b in zip(counted, list(map(sys.getrefcount, words)))], [len(w) for w in words])
    kept = words[1:3]
    words[1:3] = kept
    show("kept", [len(w) for w in kept], kept is words[1:3])
    words[1:3] = words
    show("itself", [len(w) for w in words])
    log.clear()
    noisy = [Noisy(i) for i in range(6)]
    noisy[1:3] = [Noisy("x"), Noisy("y")]
    show("replaced", log)
    noisy[:] = [None] * 6
    show("replaced", log)
    s = Sliced()
    s[1:2] = 3
    s[1:2:3] = 4
    show("sliced", seen[-2:], s[::], s[1:2:3], s[None:"x"])


def item(a, i):
    return a[i]


def put(a, i, value):
    a[i] = value
    return a[i]


def arrays():
    for _ in range(20):
        a, b = array("d", [1.5, 2.5]), array("i", [1, 2])
        for i in range(2):
            a[i] = item(a, i) + item(b, i)
            b[i] = 5
            a[i] = 1
    for code in "bBhHiIlLqQfdu":
        a = array(code, "abc" if code == "u" else [1, 2, 3])
        for i in (0, -1, 2, -3, 3, -4, True, 10**20, None, 1.0, "x", slice(1, 3)):
            show("item", code, attempt(item, a, i))
        for value in (0, -1, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**29, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64,
                      -2**63, 2.5, True, "z", None, Number(3)):
            for i in (0, -1, 3, None):
                show("put", code, value, attempt(put, a, i, value))

    class Mine(array):
        def __getitem__(self, index):
            return "mine"

    show("mine", item(Mine("d", [1.0]), 0), put(Mine("i", [1]), 0, 5), item(Sliced(), 3), put(array("d"), 0, 1.0)
         if False else attempt(put, array("d"), 0, 1.0))
    numbers = [item(array("d", [float(i)]), 0) for i in range(5)]
    show("numbers", numbers, [item(array("i", [i * 1000]), 0) for i in range(-2, 3)])


def least(a, b, c):
    return min(a, b), max(a, b), min(a, b, c), max(c, b, a), min(a, 5), max(-7, b), min(a + 1, b + 1, c + 1)


def extremes():
    values = (0, 1, -1, 5, 2**30, -2**30, 2**59, 2**70, 1.0, float("nan"), True, "a", None)
    for _ in range(3):
        for a in values:
            for b in values:
                show("least", attempt(least, a, b, a), attempt(least, a, b, 3))
    big = [10**6 + i for i in range(3)]
    counted = [sys.getrefcount(o) for o in big]
    for _ in range(100):
        least(*big)
    show("least", [sys.getrefcount(o) - n for o, n in zip(big, counted)], min(big[0], 10**6) is big[0])


for run in (slices, arrays, extremes, lookups, failures, growth, changes, counts, deaths, thefts, unpacking, texts, tuples):
    run()
show("builds", builds(500))


def characters(text):
    found, last = [], None
    for c in text:
        found.append(c)
        last = c
    for i, c in enumerate(text, 250):
        found.append((i, c, c is last))
    return found


def loops():
    for _ in range(3):
        for text in ("", "a", "abcab", "\xe9a\xe9", "a\u20ac", Text("xyz"), b"ab", {1: 2, 3: 4}, {5}, iter("ab"), reversed("ab"),
                     [], [1], (), (1, 2), range(3), map(str, (1, 2))):
            show("characters", attempt(characters, text))
    total = []
    for bounds in ((3,), (0,), (-1,), (1, 4), (4, 1), (4, 1, -1), (1, 10, 3), (10, 1, -4), (2**40, 2**40 + 2), (-2**59, 2**59, 2**58),
                   (2**62, 2**62 + 2), (2**70, 2**70 + 2), (1, 2, 0), (1.0,), (True,), (Number(2),), (0, 1, 2, 3), ()):
        for _ in range(3):
            try:
                if len(bounds) == 1:
                    for i in range(bounds[0]):
                        total.append(i)
                elif len(bounds) == 2:
                    for i in range(bounds[0], bounds[1]):
                        total.append(i)
                elif len(bounds) == 3:
                    for i in range(bounds[0], bounds[1], bounds[2]):
                        total.append(i)
                else:
                    for i in range(*bounds):
                        total.append(i)
            except Exception as error:
                total.append("%s: %s" % (type(error).__name__, error))
    show("ranges", total)
    kept = []
    for _ in range(40):
        for i in (1, 2):
            for j in [i, i]:
                kept.append(iter([i, j]))
                if j == 2:
                    break
    show("kept", [list(it) for it in kept][-3:], [next(it, None) for it in kept][:3])
    mine = [0]
    for x in mine:
        if x < 5:
            mine.append(x + 1)
    show("mine", mine)
    values = [("", 0), ({}, 0), (set(), 0), ("x", 1), ({1: 2}, 1), (b"", 0), (Text(""), 0), (Missing(), 0), (2.5, 1), (0.0, 0),
              (None, 0), ([], 0), ((), 0), (Sliced(), 1)]
    show("truth", [1 if v else 0 for v, _ in values], [not v for v, _ in values], [attempt(len, v) for v, _ in values])
    show("sizes", [len(v) for v, _ in values[:8]])


def grow(container, add):
    found = []
    for key in container:
        found.append(key)
        if len(found) == 3:
            add(container)
        if len(found) > 20:
            break
    return found


def values(d, change):
    found = []
    for value in d.values():
        found.append(value)
        if len(found) == 2:
            change(d)
    return found


def hashed():
    for _ in range(3):
        for make in (lambda: {i: -i for i in range(6)}, lambda: {i for i in range(6)},
                     lambda: dict.fromkeys(["a", "b", "c", "d"], 7)):
            for change in (lambda c: None, lambda c: c.pop(next(iter(c))), lambda c: c.clear(),
                           lambda c: c.add(99) if isinstance(c, set) else c.update({99: 1}),
                           lambda c: (c.pop(next(iter(c))), c.add(98) if isinstance(c, set) else c.update({98: 1}))):
                container = make()
                show("grown", attempt(grow, container, change), len(container), attempt(values, make(), change))
        d = {i: i for i in range(10)}
        for i in range(0, 10, 2):
            del d[i]
        show("holes", grow(d, len), attempt(values, d, len))
        o = Sliced()
        o.a, o.b = 1, 2
        show("instance", [k for k in o.__dict__], [v for v in vars(o).values()], grow(frozenset((1, 2)), len))


loops()
hashed()


def stacks():
    sizes, s = [], []
    for n in (1, 2, 3, 5, 8, 9, 17, 40):
        for _ in range(3):
            for i in range(n):
                s.append(i)
                sizes.append(sys.getsizeof(s))
            while s:
                s.pop()
                sizes.append(sys.getsizeof(s))
            s.extend(range(n))
            for _ in range(n // 2):
                s.pop()
                sizes.append(sys.getsizeof(s))
            del s[:]
    show("stacks", sizes, attempt(s.pop), attempt(s.pop, 0), attempt([1, 2].pop, "x"))
    a = [1]
    a.pop()
    a += [2, 3]
    b = [[1], [2]]
    show("popped", a, b.pop().pop(), b.pop(0), b, List((1, 2)).pop(), attempt([].pop), attempt([1].pop, 1, 2))


stacks()
