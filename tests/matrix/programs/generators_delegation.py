"""yield from: over generators, iterators, custom objects; throw and close pass through."""
import sys
import traceback


class Iter:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration("result of Iter")
        self.n -= 1
        return self.n


class Full(Iter):
    def send(self, value):
        print("send", value)
        return f"sent {value}"

    def throw(self, *args):
        print("throw", [a if isinstance(a, type) else repr(a) for a in args])
        raise StopIteration("stopped by throw")

    def close(self):
        print("close")


class NoNext:
    def __iter__(self):
        return 5


class BadAttributes(Iter):
    def __repr__(self):
        return "BadAttributes()"

    @property
    def throw(self):
        raise ArithmeticError("no throw for you")

    @property
    def close(self):
        raise ArithmeticError("no close for you")


def delegate(inner):
    try:
        result = yield from inner
    except Exception as e:
        print("caught", repr(e))
        result = "error"
    print("result", result)
    return result


def show(function, *args):
    try:
        print("->", function(*args))
    except BaseException as error:
        print("!!", type(error).__name__, error)


show(list, delegate([1, 2]))
show(list, delegate("ab"))
show(list, delegate(Iter(2)))
show(list, delegate(5))
show(list, delegate(None))
show(list, delegate(NoNext()))
g = delegate(Iter(3))
show(next, g)
show(g.send, "value")
g = delegate(Full(3))
print(next(g), g.send("x"), next(g), type(g.gi_yieldfrom).__name__)
show(g.throw, ValueError("v"))
g = delegate(Full(3))
next(g)
g.close()
g = delegate(Iter(3))
next(g)
show(g.throw, ValueError("to a plain iterator"))
g = delegate(BadAttributes(3))
next(g)
show(g.throw, KeyError)
g = delegate(BadAttributes(3))
next(g)
show(g.close)


def inner():
    try:
        while True:
            try:
                got = yield "inner"
            except ValueError:
                print("inner caught")
                got = "ve"
            if got == "stop":
                return "inner result"
    finally:
        print("inner finally")


def middle():
    r = yield from inner()
    yield r
    yield "middle"


def outer():
    try:
        yield from middle()
    finally:
        print("outer finally")


g = outer()
print(next(g), g.send("a"), g.throw(ValueError), g.gi_yieldfrom.gi_yieldfrom.__name__)
print(g.send("stop"), next(g))
print(g.gi_yieldfrom.__name__, g.gi_yieldfrom.gi_yieldfrom)
g.close()
g = outer()
next(g)
show(g.throw, KeyError("through all"))
g = outer()
next(g)
g.close()
g = outer()
next(g)
del g


def deep_error(n):
    if n == 0:
        yield 1
        raise RuntimeError("at the bottom")
    yield from deep_error(n - 1)


try:
    list(deep_error(4))
except RuntimeError:
    traceback.print_exc(file=sys.stdout)


def recursion(n):
    yield n
    yield from recursion(n + 1)


limit = sys.getrecursionlimit()
sys.setrecursionlimit(150)
try:
    count = 0
    for count in recursion(0):
        pass
except RecursionError as e:
    print(type(e).__name__, count > 50)
finally:
    sys.setrecursionlimit(limit)


def itself():
    yield
    yield from holder[0]


holder = [itself()]
next(holder[0])
show(next, holder[0])


def shared(iterator):
    yield from iterator


it = iter(range(6))
a, b = shared(it), shared(it)
print(next(a), next(b), next(a), list(b), list(a))


def returns_at_once():
    x = yield from ()
    y = yield from (i for i in ())
    return x, y


show(next, returns_at_once())


def reuse():
    g = (i for i in range(2))
    yield from g
    yield from g
    return (yield from g)


print(list(reuse()))


def flatten(x):
    if isinstance(x, list):
        for item in x:
            yield from flatten(item)
    else:
        yield x


print(list(flatten([1, [2, [3, [4]], 5], [[[]]], 6])))
