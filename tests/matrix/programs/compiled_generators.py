"""Generators and coroutines that run in compiled code, and those who look at, disturb or end them."""
# traced

import gc
import sys
import weakref

ROUNDS = 400


def warm(function, *args):
    for _ in range(ROUNDS):
        function(*args)
    return function(*args)


# --- Loops, delegation, what is sent and returned ------------------------------------------


def numbers(count):
    for value in range(count):
        yield value


def without(source, divisor):
    for value in source:
        if value % divisor:
            yield value


def tree(low, high):
    if low < high:
        middle = (low + high) // 2
        yield from tree(low, middle)
        yield middle
        yield from tree(middle + 1, high)
    return high - low


def mean():
    total = count = 0
    answer = None
    while True:
        value = yield answer
        if value is None:
            return total
        total += value
        count += 1
        answer = total / count


def delegate():
    total = yield from mean()
    return ("total", total)


def consume():
    g = delegate()
    answers = [next(g)]
    for value in (1, 2.5, 3):
        answers.append(g.send(value))
    try:
        g.send(None)
    except StopIteration as stop:
        answers.append(stop.value)
    return answers


print(warm(lambda: sum(without(without(numbers(30), 3), 5))))
print(warm(lambda: list(tree(0, 9))))
print(warm(consume))


def unbound(flag):
    if flag:
        x = 1
    yield flag
    try:
        yield x
    except UnboundLocalError as e:
        yield str(e)


print(warm(lambda: [list(unbound(0)), list(unbound(1))]))


# --- Numbers that change their kind, and big ones -------------------------------------------


def powers(x):
    y = x
    while True:
        yield y
        y = y * x


def first(source, count):
    items = []
    for item in source:
        items.append(item)
        if len(items) == count:
            return items


print(warm(lambda: first(powers(3), 5)))
print(first(powers(3.5), 3), first(powers(1 << 40), 3)[2], first(powers(-1), 4))


# --- throw, close, and what is caught -------------------------------------------------------


class Reset(Exception):
    pass


def counter(log):
    n = 0
    try:
        while True:
            try:
                yield n
                n += 1
            except Reset:
                n = 0
    finally:
        log.append(n)


def drive_counter():
    log = []
    g = counter(log)
    got = [next(g), next(g), next(g), g.throw(Reset), next(g), next(g)]
    g.close()
    return got, log, list(g)


print(warm(drive_counter))


def close_deep():
    log = []

    def outer():
        try:
            yield from counter(log)
        except GeneratorExit:
            log.append("outer")
            raise

    g = outer()
    next(g)
    next(g)
    g.close()
    h = outer()
    next(h)
    try:
        h.throw(ValueError("v"))
    except ValueError as e:
        log.append((str(e), e.__traceback__.tb_next.tb_frame.f_code.co_name))
    return log


print(warm(close_deep))


def ignores():
    try:
        yield 1
    except GeneratorExit:
        yield 2


def close_ignored():
    g = ignores()
    next(g)
    try:
        g.close()
    except RuntimeError as e:
        return str(e)


print(close_ignored())


def raises(kind):
    yield 1
    if kind:
        raise kind("inside")
    yield 2


def catch(kind):
    got = []
    try:
        for x in raises(kind):
            got.append(x)
    except BaseException as e:
        tb, lines = e.__traceback__, []
        while tb is not None:
            lines.append((tb.tb_frame.f_code.co_name, tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno))
            tb = tb.tb_next
        got += [type(e).__name__, str(e), repr(e.__cause__), lines]
    return got


warm(catch, None)
print(warm(catch, ValueError), catch(StopIteration), catch(None), catch(KeyboardInterrupt))


# --- The exception that is being handled ----------------------------------------------------


def handled():
    yield sys.exc_info()[0]
    try:
        raise KeyError
    except KeyError:
        yield sys.exc_info()[0]
        yield sys.exc_info()[0]
    yield sys.exc_info()[0]


def look_at_handled():
    got = []
    g = handled()
    got.append(next(g))
    try:
        raise ValueError
    except ValueError:
        got += [next(g), sys.exc_info()[0]]
    got += [next(g), sys.exc_info()[0], next(g)]
    return [None if x is None else x.__name__ for x in got]


print(warm(look_at_handled))


# --- Re-entrancy, and ends --------------------------------------------------------------------


def self_iterating():
    def g():
        for _ in range(3):
            try:
                next(it)
            except ValueError as e:
                yield str(e)

    it = g()
    return list(it), list(it), next(it, "end")


print(warm(self_iterating))


class Dies:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def __del__(self):
        self.log.append(self.name)


def holds(log):
    a = Dies(log, "a")
    b = Dies(log, "b")
    yield a.name
    b = None
    yield "b gone"


def die_suspended():
    log = []
    g = holds(log)
    next(g)
    del g
    g = holds(log)
    next(g)
    next(g)
    log.append("end")
    try:
        next(g)
    except StopIteration:
        log.append("stopped")
    w = weakref.ref(g)
    del g
    return log, w()


print(warm(die_suspended))


class LooksAtOwner:
    def __del__(self):
        g = owner[0]
        seen.append((g.gi_running, g.gi_frame is None, next(g, "over")))


def with_looker():
    x = LooksAtOwner()
    yield 1


owner, seen = [None], []


def look_from_finalizer():
    owner[0] = with_looker()
    for _ in owner[0]:
        pass
    return seen[-1]


print(warm(look_from_finalizer))


def in_a_cycle():
    def g():
        me = yield
        while True:
            yield me

    it = g()
    next(it)
    it.send(it)
    w = weakref.ref(it)
    del it
    gc.collect()
    return w() is None


for _ in range(30):
    in_a_cycle()
print(in_a_cycle())


# --- Frames ---------------------------------------------------------------------------------


def where():
    frame = sys._getframe(1)
    names = []
    while frame is not None and len(names) < 3:
        names.append((frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
        frame = frame.f_back
    return names


def shows(n):
    for i in range(n):
        x = i * 2
        yield where() if i == 2 else x


def pass_on(source):
    for item in source:
        yield item


def show_frames():
    return list(pass_on(shows(4)))


print(warm(show_frames))


def suspended_frame():
    g = shows(9)
    next(g), next(g)
    frame = g.gi_frame
    before = (frame.f_locals, frame.f_lineno - frame.f_code.co_firstlineno, frame.f_back)
    next(g)
    after = (frame.f_locals, g.gi_running, g.gi_yieldfrom)
    rest = list(g)
    return before, after, rest[-1], g.gi_frame


print(warm(suspended_frame))


def locals_inside(n):
    for i in range(n):
        y = i + 0.5
        yield locals() if i == 1 else sys._getframe().f_locals["y"]


print(warm(lambda: list(locals_inside(3))))


def yields_from(inner):
    yield from inner


def inner_of():
    inner = numbers(3)
    outer = yields_from(inner)
    got = [outer.gi_yieldfrom is None, next(outer), outer.gi_yieldfrom is inner, next(outer)]
    got += [inner.gi_frame.f_locals["value"], list(outer), outer.gi_yieldfrom]
    return got


print(warm(inner_of))


def moved_locals():
    def g(flag):
        x = 1
        while True:
            yield x
            if flag:
                sys._getframe().f_locals["x"] = 5

    it = g(True)
    return next(it), next(it), next(it)


print(warm(moved_locals))


# --- Tracing that begins and ends inside ------------------------------------------------------


def traced_midway():
    events = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name in ("switch", "pass_on", "numbers"):
            events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer

    def switch():
        for i in range(6):
            if i == 2:
                sys.settrace(tracer)
                sys._getframe().f_trace = tracer
            if i == 4:
                sys.settrace(None)
                sys._getframe().f_trace = None
            yield i

    got = list(pass_on(switch()))
    return got, events


for _ in range(60):
    traced_midway()
print(traced_midway())


# --- Recursion ----------------------------------------------------------------------------------


def nested(depth):
    if depth:
        yield from nested(depth - 1)
    yield depth


def too_deep():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        return sum(nested(150)), sum(nested(1000))
    except RecursionError as e:
        return str(e)
    finally:
        sys.setrecursionlimit(limit)


for _ in range(10):
    sum(nested(100))
print(sum(nested(200)), too_deep(), sum(nested(200)))


# --- Coroutines and asynchronous generators -------------------------------------------------------


class Pause:
    def __await__(self):
        return (yield self)


async def fib(n):
    if n < 2:
        return n
    return await fib(n - 1) + await fib(n - 2)


async def pauses(n):
    total = 0
    while n:
        total += await Pause()
        n -= 1
    return total


async def stream(n):
    try:
        for value in range(n):
            yield value
            if value % 7 == 3:
                await Pause()
    finally:
        await Pause()


async def collect(n):
    return [v async for v in stream(n) if v & 1]


async def early(n):
    s = stream(n)
    async for v in s:
        if v == 5:
            break
    await s.aclose()
    return v


def run(coroutine):
    sent = 0
    answer = None
    while True:
        try:
            coroutine.send(answer)
        except StopIteration as stop:
            return stop.value, sent
        sent += 1
        answer = sent


print(run(fib(12)), warm(lambda: run(fib(4))))
print(warm(lambda: [run(pauses(3)), run(collect(12)), run(early(12))]))


async def awaits_twice():
    c = fib(2)
    await c
    try:
        await c
    except RuntimeError as e:
        return str(e)


async def awaits_wrong(x):
    try:
        await x
    except TypeError as e:
        return str(e)


print(warm(lambda: [run(awaits_twice()), run(awaits_wrong(3))]))


def not_begun():
    g = numbers(3)
    c = fib(3)
    got = []
    for x in (g, c):
        try:
            x.send(1)
        except TypeError as e:
            got.append(str(e))
    c.close()
    return got, list(g)


print(warm(not_begun))


# --- Other consumers, and other iterators at the same places -----------------------------------------


def each(source):
    total = 0
    for x in source:
        total += x
    return total


def through(source):
    result = yield from source
    return result


warm(each, [1])
for _ in range(ROUNDS):
    each(numbers(4))
    list(through(numbers(3)))
print(each(numbers(5)), each([1, 2]), each(iter((3, 4))), each(x for x in (5, 6)), each({7: 8}))
print(list(through([1, 2])), list(through("ab")), list(through(numbers(2))), list(through(iter(range(2)))))


def zipped():
    return [a + b for a, b in zip(numbers(4), without(numbers(9), 2))], dict(enumerate(numbers(3))), max(numbers(4))


print(warm(zipped))
