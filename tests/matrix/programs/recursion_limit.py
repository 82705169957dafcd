"""RecursionError: in every kind of call, recovery after it, exact depth."""
import functools
import sys


def depth(f):
    """How many nested calls `f` reached before the error."""
    counter[0] = 0
    try:
        f()
    except RecursionError as e:
        # Which instruction notices is left open: " in comparison" and the like.
        return str(e).partition(" in ")[0].partition(" while ")[0]
    return "no error"


counter = [0]


def plain():
    counter[0] += 1
    plain()


def mutual_a():
    counter[0] += 1
    mutual_b()


def mutual_b():
    mutual_a()


class C:
    def method(self):
        counter[0] += 1
        self.method()

    @property
    def prop(self):
        counter[0] += 1
        return self.prop

    def __add__(self, other):
        counter[0] += 1
        return self + other

    def __getattr__(self, name):
        counter[0] += 1
        return getattr(self, name + "x")

    def __call__(self):
        counter[0] += 1
        self()

    def __eq__(self, other):
        counter[0] += 1
        return self == other

    def __iter__(self):
        counter[0] += 1
        return iter(self)

    def __init__(self, again=False):
        if again:
            counter[0] += 1
            C(True)

    def __del__(self):
        pass


def star(*args):
    counter[0] += 1
    star(*args)


def kwargs(**kw):
    counter[0] += 1
    kwargs(**kw)


def through_c():
    counter[0] += 1
    list(map(lambda _: through_c(), [1]))


def gen():
    counter[0] += 1
    yield from gen()


def comprehension():
    counter[0] += 1
    return [comprehension() for _ in range(1)]


@functools.lru_cache
def cached(n):
    counter[0] += 1
    return cached(n + 1)


limit = 300
sys.setrecursionlimit(limit)
c = C()
for f in (plain, mutual_a, c.method, lambda: c.prop, lambda: c + 1, c, lambda: C(True), star, kwargs, comprehension):
    message = depth(f)
    name = "instance" if f is c else f.__name__
    print(name, message, counter[0] > limit // 3, counter[0] <= limit)
for f in (lambda: c.missing, lambda: c == 1, lambda: iter(c), through_c, lambda: next(gen()), lambda: cached(0)):
    print(depth(f).partition(" in ")[0].partition(" while ")[0], counter[0] > 20)


def exact(n):
    if n:
        return exact(n - 1)
    return "reached"


def largest():
    low, high = 1, 1000
    while low < high:
        mid = (low + high + 1) // 2
        try:
            exact(mid)
            low = mid
        except RecursionError:
            high = mid - 1
    return low


print("exact depth", largest())


def recovers(n):
    try:
        return recovers(n + 1)
    except RecursionError:
        return n


first = recovers(0)
print(first == recovers(0), first > 200)


def finally_chain(n):
    try:
        finally_chain(n + 1)
    finally:
        counter[0] += 1


counter[0] = 0
print(depth(lambda: finally_chain(0)), counter[0])
sys.setrecursionlimit(50)
print(largest())
sys.setrecursionlimit(5000)


def count_down(n):
    return n if n == 0 else count_down(n - 1)


print(count_down(4000))
for bad in (0, -1, "x", 1):
    try:
        sys.setrecursionlimit(bad)
    except (ValueError, TypeError, RecursionError) as e:
        print(type(e).__name__, e)
sys.setrecursionlimit(1000)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


print(ackermann(2, 9), ackermann(3, 4))
a = []
a.append(a)
print(a)
try:
    a == [a]
    b = []
    b.append(b)
    a == b
except RecursionError as e:
    print(e)
