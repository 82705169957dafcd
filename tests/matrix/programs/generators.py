"""Generators: send, throw, close, return, delegation, re-entrance, inspection."""
import inspect
import sys
import traceback


def show(function, *args):
    try:
        print("->", function(*args))
    except BaseException as error:
        print("!!", type(error).__name__, error, repr(error.__cause__), repr(error.__context__))


def echo():
    received = None
    try:
        while True:
            try:
                received = yield received
            except KeyError as e:
                received = ("caught", e.args)
    finally:
        print("echo closed")


g = echo()
show(g.send, 1)
print(next(g), g.send("a"), g.throw(KeyError, 5), g.throw(KeyError(6)))
print(g.gi_frame.f_locals, g.gi_running, g.gi_suspended, g.gi_yieldfrom, inspect.getgeneratorstate(g))
show(g.throw, ValueError("not caught"))
print(g.gi_frame, inspect.getgeneratorstate(g), list(g))
show(next, g)
show(g.send, 5)
show(g.throw, TypeError("finished"))
show(g.close)


def returns(value):
    yield 1
    return value


g = returns("value")
next(g)
show(next, g)
show(next, g)
for value in (None, (), (1, 2), StopIteration(3)):
    g = returns(value)
    next(g)
    try:
        g.send(None)
    except StopIteration as e:
        print(repr(e.value), e.args)


def never_started():
    print("unreachable")
    yield


g = never_started()
g.close()
show(next, g)
g = never_started()
show(g.throw, OSError("before start"))
show(next, g)
show(never_started().throw, GeneratorExit)
show(never_started().throw, 5)
show(never_started().throw, ValueError, ValueError("v"), 5)


def ignores_close():
    try:
        yield 1
    except GeneratorExit:
        yield 2


def close_raises():
    try:
        yield 1
    finally:
        raise OSError("while closing")


def close_returns():
    try:
        yield 1
    except GeneratorExit:
        return "value"


for f in (ignores_close, close_raises, close_returns):
    g = f()
    next(g)
    show(g.close)


def stop_inside():
    yield 1
    raise StopIteration("inside")


g = stop_inside()
next(g)
show(next, g)


def reenter():
    yield 1
    yield next(holder[0])


holder = [reenter()]
next(holder[0])
try:
    next(holder[0])
except ValueError:
    traceback.print_exc(file=sys.stdout)


def reenter_throw():
    try:
        holder[0].throw(KeyError)
    except ValueError as e:
        yield str(e)
    try:
        holder[0].close()
    except ValueError as e:
        yield str(e)


holder = [reenter_throw()]
print(list(holder[0]))


def fibonacci():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def take(n, iterable):
    for i, x in enumerate(iterable):
        if i >= n:
            return
        yield x


print(list(take(10, fibonacci())), sum(take(100, fibonacci())))


def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


print(list(tree(4)))
print([x for x in (y * 2 for y in (z + 1 for z in range(5)))], sum(i for i in range(10) if i % 2))


def lines():
    yield 1

    yield (
        2
    )
    for i in range(2):
        yield i


g = lines()
base = lines.__code__.co_firstlineno
seen = [g.gi_frame.f_lineno - base, g.gi_frame.f_lasti >= 0]
for _ in g:
    seen.append(g.gi_frame.f_lineno - base)
print(seen)


def unpack():
    a, *b = yield
    c = yield a, b
    x = (yield c) + (yield "second")
    print("x", x)
    print((yield), (yield))


g = unpack()
next(g)
print(g.send("abc"), g.send(5), g.send(10), g.send(20), g.send("p1"))
show(g.send, "p2")


def swap_exceptions():
    try:
        raise KeyError("outer")
    except KeyError:
        yield sys.exc_info()[0]
        try:
            raise ValueError
        except ValueError:
            yield sys.exc_info()[0]
        yield sys.exc_info()[0]


g = swap_exceptions()
try:
    raise TypeError
except TypeError:
    print([k.__name__ for k in g], sys.exc_info()[0].__name__)


def caller_frames():
    yield sys._getframe(1).f_code.co_name
    yield sys._getframe(1).f_code.co_name


def first(g):
    return next(g)


def second(g):
    return next(g)


g = caller_frames()
print(first(g), second(g), g.gi_frame.f_back)
g = (i for i in range(3))
print(g.__name__, g.__qualname__, g.gi_code.co_name)
g.__name__ = "renamed"
print(repr(g).split(" at ")[0])
show(lambda: len(g))
a, b, c = g
print(a, b, c)
show(lambda: 5 in (i for i in range(10)))
