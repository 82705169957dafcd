"""contextlib, functools, itertools, operator, collections on Python callables."""
import bisect
import collections
import contextlib
import functools
import heapq
import itertools
import operator
import sys
import traceback


@contextlib.contextmanager
def managed(name, swallow=False):
    print("enter", name)
    try:
        yield name
    except KeyError as e:
        print("caught", e)
        if not swallow:
            raise
    finally:
        print("leave", name)


with managed("a") as a, managed("b"):
    print(a)
with managed("c", swallow=True):
    raise KeyError("k")
try:
    with managed("d"):
        raise KeyError("k2")
except KeyError:
    traceback.print_exc(file=sys.stdout)


@managed("as decorator")
def decorated(x):
    return x * 2


print(decorated(4))
with contextlib.ExitStack() as stack:
    names = [stack.enter_context(managed(f"s{i}")) for i in range(3)]
    stack.callback(print, "callback", end="!\n")
    stack.push(lambda *info: print("push", info[0] and info[0].__name__) or True)
    raise ValueError("suppressed by push")
with contextlib.suppress(ZeroDivisionError):
    1 / 0
with contextlib.nullcontext(5) as five, contextlib.closing(open("/dev/null")) as f:
    print(five, f.closed)
print(f.closed)


@contextlib.contextmanager
def no_yield():
    if False:
        yield


@contextlib.contextmanager
def two_yields():
    yield 1
    yield 2


for bad in (no_yield, two_yields):
    try:
        with bad():
            pass
    except RuntimeError as e:
        print(e)


@functools.lru_cache(maxsize=4)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(20), fib.cache_info().maxsize, functools.cache(lambda x: x)(3))
print(functools.reduce(lambda a, b: a * b, range(1, 8)), functools.reduce(operator.add, [[1], [2]], []))


@functools.singledispatch
def kind(x):
    return "object"


@kind.register
def _(x: int):
    return "int"


@kind.register(list)
def _(x):
    return f"list of {kind(x[0]) if x else 'nothing'}"


print(kind(1), kind([2]), kind([]), kind("s"), kind(True))


class Cached:
    calls = 0

    @functools.cached_property
    def value(self):
        Cached.calls += 1
        return 42

    def power(self, base, exp):
        return base**exp

    square = functools.partialmethod(power, exp=2)


c = Cached()
print(c.value, c.value, Cached.calls, c.square(7))


@functools.total_ordering
class Ordered:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n == other.n

    def __lt__(self, other):
        return self.n < other.n


print(Ordered(1) >= Ordered(1), Ordered(2) > Ordered(1), sorted([Ordered(3), Ordered(1)])[0].n, max(Ordered(i) for i in (4, 9, 2)).n)


def wrapper(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs) + 1

    return inner


@wrapper
@wrapper
def base(x, *, y=0):
    """doc"""
    return x + y


print(base(1, y=5), base.__name__, base.__doc__, base.__wrapped__.__wrapped__(1))
print(sorted("hello", key=functools.cmp_to_key(lambda a, b: (a < b) - (a > b))), sorted([3, 1, 2], key=lambda v: -v), sorted(["b", "A"], key=str.lower))
it = itertools
print(list(it.accumulate([1, 2, 3], lambda a, b: a * 10 + b)), list(it.chain.from_iterable(x for x in ("ab", [1]))), list(it.takewhile(lambda v: v < 3, it.count())))
print([(k, list(g)) for k, g in it.groupby("aabbc", lambda c: c.upper())], list(it.starmap(lambda a, b: a - b, [(5, 3), (2, 2)])), list(it.islice(it.cycle("ab"), 5)))
print(list(it.product("ab", repeat=2))[-1], list(it.combinations(range(4), 2)), list(it.zip_longest([1], "ab", fillvalue=0)), list(it.pairwise("abc")), list(it.filterfalse(lambda v: v % 2, range(5))))
a, b = it.tee(i * i for i in range(4))
print(list(a), list(b), list(filter(None, [0, 1, "", "x"])), list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(zip("ab", it.count(1))))
try:
    list(zip([1], [1, 2], strict=True))
except ValueError as e:
    print(e)
d = collections.defaultdict(lambda: collections.defaultdict(int))
for word in "the cat and the dog and the bird".split():
    d[len(word)][word] += 1
print({k: dict(v) for k, v in d.items()}, collections.Counter("hello").most_common(1), collections.ChainMap({"a": 1}, {"a": 2, "b": 3})["b"])
P = collections.namedtuple("P", "x y", defaults=[5])
print(P(1), P(1, 2)._asdict(), P(3).x, operator.attrgetter("x", "y")(P(1)), operator.itemgetter(1)([1, 2]), operator.methodcaller("upper")("a"))
heap = []
for v in [5, 1, 4, 1]:
    heapq.heappush(heap, (v, str(v)))
print([heapq.heappop(heap)[0] for _ in range(4)], heapq.nlargest(2, [1, 5, 3], key=lambda v: -v), bisect.bisect([1, 3, 5], 3, key=lambda v: v))
q = collections.deque(maxlen=3)
for i in range(5):
    q.append(i)
print(q, list(reversed(q)), collections.OrderedDict(a=1).popitem())
dispatch = {"add": lambda a, b: a + b, "neg": operator.neg}
print(dispatch["add"](1, 2), dispatch["neg"](3), (lambda *a: a)(*map(str, range(3))), any(map(lambda v: v > 2, [1, 3])), all(v for v in [1, 0]), sum(map(len, ["a", "bb"])), min("abc", key=lambda c: -ord(c)))
