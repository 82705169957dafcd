"""Python functions that C code calls: what is left behind after RecursionError, functions that change on the way."""
import functools
import gc
import itertools
import sys


def attempt(call, *args, **kwargs):
    try:
        return call(*args, **kwargs)
    except (TypeError, ValueError, RecursionError) as error:
        return type(error).__name__, str(error).partition(" while ")[0]


class Counted:
    alive = 0

    def __init__(self):
        Counted.alive += 1

    def __del__(self):
        Counted.alive -= 1


def mapped(x):
    return list(map(mapped, [Counted()]))


def starred(*x, **kw):
    return list(itertools.starmap(starred, [(Counted(), Counted())]))


def keyed(x):
    return sorted([Counted(), Counted()], key=keyed)


def partial(x, y=None, *, z=None):
    return functools.partial(partial, Counted(), z=Counted())()


def closing(x):
    return next(map(lambda y: closing(Counted()), [x]))


class Attributes:
    def __getattr__(self, name):
        return getattr(Attributes(), name)


def attribute(x):
    Attributes().missing


def thrown(x):
    def generator(y):
        try:
            yield 1
        except ValueError:
            thrown(Counted())

    running = generator(Counted())
    next(running)
    running.throw(ValueError)


sys.setrecursionlimit(200)
for recursive in (mapped, starred, keyed, partial, closing, attribute, thrown):
    for _ in range(3):
        print(recursive.__name__, attempt(recursive, Counted())[0], Counted.alive)
sys.setrecursionlimit(1000)


# No room is left: a call of a C function that is new counts.
def at_the_limit(call):
    for limit in range(1, 100):
        try:
            sys.setrecursionlimit(limit)
        except RecursionError:
            continue
        break
    try:
        return call()
    except RecursionError as error:
        return str(error)
    finally:
        sys.setrecursionlimit(1000)


print(at_the_limit(lambda: (lambda: "a b".split())()))
print(at_the_limit(lambda: (lambda: divmod(7, 2))()))
print(at_the_limit(lambda: (lambda: [1].pop())()))


# --- A keyword whose comparison changes the function --------------------------

class Keyword(str):
    def __eq__(self, other):
        change()
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def changed(a, b=2):
    return a, b


def large(a, b, c, d, e, f, g, h, i, j, k, l, m, n, *, o=1, p=2, **q):
    return "large"


def change():
    changed.__code__ = large.__code__
    changed.__defaults__ = (marker,) * 14


small = changed.__code__
marker = object()
for call in (
    lambda: changed(1, **{Keyword("b"): 3}),
    lambda: changed(**{Keyword("a"): 3}),
    lambda: changed(1, **{Keyword("c"): 3}),
    lambda: functools.partial(changed, 1, **{Keyword("b"): 3})(),
    lambda: list(map(functools.partial(changed, **{Keyword("b"): 3}), [1])),
):
    for _ in range(3):
        changed.__code__ = small
        changed.__defaults__ = (2,)
        before = sys.getrefcount(marker)
        result = attempt(call)
        changed.__defaults__ = None
        text = str(result).replace(repr(marker), "marker")
        print(text, sys.getrefcount(marker) - before - text.count("marker"))
        result = None
changed.__code__ = small


# --- A function that vanishes, or gets other code, while it runs --------------

def replaced(n):
    if n:
        replaced.__code__ = other.__code__
        gc.collect()
        return n, list(map(replaced, [0]))
    return "not reached"


def other(n, more=()):
    return "other", n, more


body = replaced.__code__
for _ in range(3):
    replaced.__code__ = body
    replaced.__defaults__ = ((),)
    print(attempt(lambda: list(map(replaced, [1]))))

for _ in range(3):
    namespace = {}
    exec("def vanishing(holder):\n holder.clear()\n return len(holder), vanishing_too()", namespace)
    exec("def vanishing_too():\n return __name__", namespace | {"__name__": "no"}, namespace)
    holder = [namespace.pop("vanishing")]
    namespace["vanishing_too"].__globals__["x"] = 1
    print(attempt(lambda: list(map(holder[0], [holder]))), holder)


# --- What a failed binding holds -----------------------------------------------

def positional(a, /, b):
    pass


def rest(*a, k):
    pass


given = object()
for function, args, kwargs in (
    (changed, (given,) * 3, {}),
    (changed, (), {"b": given}),
    (changed, (given,), {"a": given}),
    (changed, (given,), {"zz": given}),
    (positional, (given,), {"a": given}),
    (rest, (given,) * 3, {}),
    (rest, (given,), {"k": given, "j": given}),
):
    for _ in range(2):
        before = sys.getrefcount(given)
        print(attempt(functools.partial(function, *args, **kwargs)), sys.getrefcount(given) - before)


# --- locals() of a frame that C code has entered -------------------------------


class Counted:
    alive = 0

    def __init__(self):
        Counted.alive += 1

    def __del__(self):
        Counted.alive -= 1


def looks(o):
    return len(locals())


def looks_twice(o, *rest):
    return len(locals()) + len(sys._getframe().f_locals)


for look in (looks, looks_twice):
    for _ in range(40):
        list(map(look, [Counted(), Counted()]))
    print(look.__name__, Counted.alive)
