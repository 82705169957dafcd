"""Unpacking: tuples, lists, iterators, starred targets, every length error."""
import sys
import traceback


class Iterable:
    def __init__(self, *items, fail=None):
        self.items, self.fail = items, fail

    def __iter__(self):
        for item in self.items:
            print("next", item)
            yield item
        if self.fail:
            raise self.fail
        print("exhausted")


class SubTuple(tuple):
    def __iter__(self):
        return iter(("sub", "class"))


class SubList(list):
    def __iter__(self):
        return iter(["sub", "list"])


class Attr:
    pass


def show(function, *args):
    try:
        print(function(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


def two(v):
    a, b = v
    return a, b


def three(v):
    [a, b, c] = v
    return a, b, c


def starred(v):
    a, *b = v
    return a, b


def middle(v):
    a, *b, c, d = v
    return a, b, c, d


def nested(v):
    (a, b), [c, *d], e = v
    return a, b, c, d, e


def only_star(v):
    (*a,) = v
    return a


def empty(v):
    () = v
    [] = v
    return "ok"


def targets(v):
    box = {}
    attr = Attr()
    items = [0, 0]
    box["k"], attr.x, items[1], *items[:1] = v
    return box, attr.x, items


for v in ((1, 2), [1, 2], "ab", {1: 0, 2: 0}, range(2), iter([1, 2]), Iterable(1, 2), SubTuple((1,)), SubList()):
    show(two, v)
for v in ((1,), (1, 2, 3), [], [1, 2, 3], "a", "abc", Iterable(1), Iterable(1, 2, 3, 4), Iterable(1, 2, fail=KeyError("late")), Iterable(1, fail=KeyError("early")), 5, None, {}, 1.5):
    show(two, v)
show(three, Iterable(1, 2, 3))
show(three, SubTuple((1, 2, 3)))
for v in ((), (1,), [1, 2, 3], "abcd", Iterable(1, 2), Iterable(1, fail=ValueError("x")), 7):
    show(starred, v)
for v in ((1, 2), (1, 2, 3), range(6), Iterable(1), []):
    show(middle, v)
show(nested, ((1, 2), (3, 4, 5), 6))
show(nested, ((1, 2), [], 6))
show(nested, ([1, 2], "c", "e"))
show(nested, (1, 2, 3))
show(only_star, "abc")
show(only_star, ())
show(empty, ())
show(empty, [])
show(empty, [1])
show(empty, Iterable())
show(targets, (1, 2, 3, 4, 5))
for i, (j, k), *rest in [(1, (2, 3)), (1, "ab", 4, 5)]:
    print(i, j, k, rest)
for i, j in {1: 2}.items():
    print(i, j)
print([a + b for a, b in zip([1, 2], [3, 4])], {k: v for k, v in [("a", 1)]}, [x for (x, *_), y in [("ab", 1)]])
a = b, *c = d = [1, 2, 3]
print(a, b, c, d)
a, a, b = 1, 2, 3
print(a, b)
a = [1, [2, 3]]
i, a[i] = 1, 5
print(i, a)
x = y = z = []
print(x is y is z)
first, second = second, first = "ab"
print(first, second)
many = list(range(300))
source = ", ".join(f"v{i}" for i in range(300))
exec(f"{source} = many\nw0, *w, w1 = many\n{source.replace('v', 'u').partition(', u250')[0]}, *rest = many + [1, 2]")
print(v0, v299, w0, len(w), w1, u0, len(rest))
long_star = ", ".join(f"a{i}" for i in range(255)) + ", *r, " + ", ".join(f"z{i}" for i in range(20))
exec(f"{long_star} = range(400)")
print(a254, len(r), z0, z19)
show(lambda: exec(f"{long_star} = range(200)"))
