"""Loops over pairs whose iterators and dicts change on the way; values replaced in dicts whose finalizers look."""
import collections
import gc


def attempt(call, *args):
    out = []
    try:
        call(out, *args)
    except Exception as error:
        out.append(f"{type(error).__name__}: {error}")
    return out


# --- enumerate and zip that their own iterators advance --------------------------

class Advancing:
    def __init__(self, out):
        self.out = out
        self.count = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.count += 1
        if self.count == 2:
            self.out.append(("inner", next(self.outer)))
        if self.count > 5:
            raise StopIteration("done")
        return self.count


def reentered(out, make):
    source = Advancing(out)
    source.outer = make(source)
    for a, b in source.outer:
        out.append((a, b))
        if len(out) == 2:
            out.append(("next", next(source.outer)))


def own_generator(out):
    def generator():
        yield 1
        try:
            next(pairs)
        except ValueError as error:
            out.append(str(error))
        yield 2

    pairs = enumerate(generator())
    for a, b in pairs:
        out.append((a, b))


def grows_strict(out):
    pairs = zip([1, 2, 3], [1, 2])
    for a, b in pairs:
        out.append((a, b))
        pairs.__setstate__(True)


def counted(out, start):
    for a, b in enumerate("abc", start):
        out.append((a, b))


def one_iterator(out):
    iterator = iter([1, 2, 3, 4, 5])
    for a, b in zip(iterator, iterator):
        out.append((a, b))
    out.append(list(iterator))


def raises(out, first):
    def broken():
        yield 1
        raise KeyError("broken")

    for a, b in zip(broken(), "xyz") if first else zip("xyz", broken()):
        out.append((a, b))


def mixed(out, iterables):
    for iterable in iterables:
        for a, b in iterable:
            out.append((a, b))


def targets(out):
    for a, (b, c) in enumerate(zip("ab", "cd")):
        for (d, e), f in zip(enumerate("xy"), "zz"):
            out.append((a, b, c, d, e, f))
    for a, *b in enumerate("ab"):
        out.append((a, b))
    for a, a in zip("ab", "cd"):
        out.append(a)
    holder = {}
    for holder["k"], holder["v"] in enumerate("ab"):
        out.append(dict(holder))
    out += [(lambda: (a, b))() for a, b in {1: 2}.items()]
    functions = []
    for a, c in enumerate("ab"):
        functions.append(lambda: (a, c))
    out.append([function() for function in functions])


for _ in range(3):
    for make in (enumerate, lambda it: zip(it, "abcdef"), lambda it: zip("abcdef", it), lambda it: zip(it, it)):
        print(attempt(reentered, make))
    print(attempt(own_generator), attempt(grows_strict), attempt(one_iterator), attempt(targets))
    print(attempt(raises, True), attempt(raises, False))
    for start in (-2, 255, 2**30 - 1, 2**62, 2**63 - 2, 2**64, "x"):
        print(attempt(counted, start))
    print(attempt(mixed, [enumerate("ab"), zip("ab", "cd"), {1: 2}.items(), [(1, 2)], enumerate([]), ["xy"],
                          reversed({1: 2, 3: 4}.items()), [(1, 2, 3)]]))


print({tuple(attempt(grows_strict)) for _ in range(1800)})

# --- Dicts that change in a loop over their items --------------------------------

class Name(str):
    __hash__ = str.__hash__

    def __eq__(self, other):
        return str.__eq__(self, other)


class Shared:
    def __init__(self):
        self.a = 1
        self.b = 2
        self.c = 3


def items(out, d, change):
    for key, value in d.items():
        out.append((key, value))
        change(d, key)
        if len(out) > 30:
            break


CHANGES = [
    lambda d, key: d.__setitem__(key, 9),
    lambda d, key: d.__setitem__(Name(key), [5]),
    lambda d, key: d.pop(key),
    lambda d, key: (d.pop(key), d.__setitem__("n" * len(str(key)) + "x", 1)),
    lambda d, key: d.clear(),
    lambda d, key: (d.clear(), d.update(zip("xyz", "uvw"))),
]
DICTS = [
    lambda: dict(a=1, b=2, c=3),
    lambda: {1: 2, "x": 3, 2.5: 4},
    lambda: Shared().__dict__,
    lambda: {Name("a"): 1, "b": 2},
    lambda: collections.OrderedDict(a=1, b=2),
    lambda: collections.defaultdict(int, q=1, r=2),
    lambda: dict.fromkeys(map(str, range(20)), 0),
]
for _ in range(2):
    for change in CHANGES:
        for make in DICTS:
            print(attempt(items, make(), change))
iterator = iter({1: 2, 3: 4}.items())
for key, value in iterator:
    print(key, value, iterator.__length_hint__())


# --- Replaced values ---------------------------------------------------------------

class Dying:
    def __init__(self, action):
        self.action = action

    def __del__(self):
        self.action()


def put(container, key, value):
    container[key] = value


log = []
for _ in range(3):
    for key in ("k", 5):
        d = {key: 0}
        put(d, key, Dying(lambda: log.append(dict(d))))
        put(d, key, "new")
        put(d, key, Dying(d.clear))
        put(d, key, "gone")
        d[key] = 0
        put(d, key, Dying(lambda: d.update((str(n), n) for n in range(100))))
        put(d, key, "grown")
        print(log.pop(), len(d), d[key])
    values = [0]
    put(values, 0, Dying(values.clear))
    put(values, 0, "gone")
    print(values)

various = {}
for key in (1, True, 1.0, "a", -1, -2, 2**29, 2**30, 2**61 - 1, 0, None, (1, 2), Name("a")):
    for text in ("first", "second"):
        put(various, key, f"{key} {text}")
print(various)
for value in (1, "x", [], (1,), ([],), {}, object, None):
    d = {"a": 1}
    put(d, "a", 2)
    before = gc.is_tracked(d)
    put(d, "a", value)
    print(before, gc.is_tracked(d), d["a"] is value)


# --- Many tuples and lists at once --------------------------------------------------

def deep(n):
    a, b, c = (), [], None
    for i in range(n):
        a, b, c = (a, 1), [b], (c,) if i % 2 else [c]


class Resurrected:
    kept = []

    def __del__(self):
        Resurrected.kept.append((self, [self]))
        gc.collect()
        if len(Resurrected.kept) > 3:
            Resurrected.kept.clear()


def many(n):
    return len([[i] for i in range(n)] + [(i, i) for i in range(n)] + [(i, i, i) for i in range(n)])


def young():
    for i in range(20):
        pair = (Resurrected(), i)
        del pair
        items = [Resurrected(), (Resurrected(),)]
        del items
    Resurrected.kept.clear()


deep(50000)
for _ in range(3):
    print(many(5000))
    young()
    gc.collect()
