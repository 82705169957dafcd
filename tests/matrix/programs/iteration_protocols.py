"""for and its iterators: builtins, exhausted, mutated, legacy, odd."""
import sys
import traceback


class Getitem:
    def __init__(self, n, error=IndexError):
        self.n, self.error = n, error

    def __getitem__(self, i):
        if i >= self.n:
            raise self.error(i)
        return i * 10


class SelfIter:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n


class NextFails(SelfIter):
    def __next__(self):
        if self.n == 1:
            raise ValueError("next failed")
        return super().__next__()


class ReturnsNonIter:
    def __iter__(self):
        return 5


class IterNone:
    __iter__ = None

    def __getitem__(self, i):
        return i


def walk(it):
    out = []
    for v in it:
        out.append(v)
    else:
        out.append("else")
    return out


def show(f, *args):
    try:
        print(f(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


sources = [[1, 2], (1, 2), "ab", b"ab", range(3), range(5, 0, -2), {1: 2}, {7}, frozenset([8]), {1: 2}.items(), {1: 2}.values(), iter([3]), enumerate("ab", 5), zip([1], "a"), map(str, [1]), filter(None, [0, 1]), reversed([1, 2]), (i for i in range(2)), Getitem(3), SelfIter(3), bytearray(b"x"), memoryview(b"yz"), iter(lambda c=iter([1, 2, 0]): next(c), 0), range(2**70, 2**70 + 2), range(0), [], "", iter(())]
for s in sources:
    show(walk, s)
for bad in (5, None, ReturnsNonIter(), IterNone(), NextFails(3), Getitem(2, KeyError), Getitem(2, StopIteration), object, lambda: 0):
    show(walk, bad)


class StopsTwice:
    def __init__(self):
        self.calls = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.calls += 1
        if self.calls in (3, 4):
            raise StopIteration
        return self.calls


it = StopsTwice()
print(walk(it), walk(it), next(it))
x = [1, 2, 3]
it = iter(x)
print(next(it), it.__length_hint__(), walk(it), walk(it))
x.append(4)
print(walk(it))
d = {i: i for i in range(4)}
it = iter(d)
next(it)
d[0] = "replaced value"
print(next(it))
d["new"] = 1
show(next, it)
show(next, it)


def shrink():
    y = list(range(10))
    out = []
    for v in y:
        out.append(v)
        y.pop()
    return out


def grow():
    y = [1]
    for v in y:
        if len(y) < 50:
            y.append(v + 1)
    return len(y), y[-1]


def replace():
    y = [1, 2, 3]
    out = []
    for v in y:
        out.append(v)
        y[:] = [9, 9]
    return out


print(shrink(), grow(), replace())


def target_changes(n):
    out = []
    for n in range(n):
        n *= 2
        out.append(n)
    return out, n


def same_name(x):
    for x in x:
        for x in x:
            pass
    return x


def nested_shared():
    it = iter(range(10))
    return [(a, b) for a, b in zip(it, it)], [v for v in it]


def consume_inside():
    it = iter(range(10))
    out = []
    for v in it:
        out.append((v, next(it, "none"), next(it, "none")))
    return out


print(target_changes(4), same_name([[1, 2], [3]]), nested_shared(), consume_inside())
box = {}
for box["k"] in "ab":
    pass


class Attr:
    pass


for Attr.value in range(3):
    pass
for (a, b), [c, *d] in [((1, 2), (3, 4, 5))]:
    pass
for box["x"], *box["rest"] in ["abc"]:
    pass
print(box, Attr.value, a, b, c, d)
for i in range(3):
    pass
print(i)
for never in ():
    pass
try:
    never
except NameError as e:
    print(e)


class Meta(type):
    def __iter__(cls):
        return iter([cls.__name__])


class Iterable(metaclass=Meta):
    pass


print(walk(Iterable), list(Iterable), [*Iterable], max(Iterable))
SelfIter.__iter__ = lambda self: iter("patched")
print(walk(SelfIter(2)))
SelfIter.__next__ = None
show(next, SelfIter(2))
r = range(10)
print(walk(r[2:5]), r.index(3), 11 in r, r == range(0, 10), list(r)[-1], len(range(0, 10**20, 10**19)), range(True), sum(range(1000)))
for bad in (lambda: range(1.5), lambda: range(0, 1, 0), lambda: range(), lambda: range("a"), lambda: next(iter([])), lambda: iter(5, 6), lambda: next([])):
    show(bad)
print(next(iter([]), "default"), walk(iter(int, 1).__class__.__mro__ and [0]))
