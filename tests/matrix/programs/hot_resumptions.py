"""Generators and coroutines that are resumed in warm code, and what else may happen to them."""
# traced
import gc
import inspect
import sys
import types
import warnings
import weakref


def count(n):
    for i in range(n):
        yield i


def total(source):
    s = 0
    for x in source:
        s += x
    return s


class Old:
    """What a loop's variable held: its finalizer looks around."""

    log = []

    def __init__(self, n):
        self.n = n

    def __del__(self):
        if self.n % 100 == 0:
            frame = sys._getframe(1)
            Old.log.append((self.n, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))


def olds(n):
    for i in range(n):
        yield Old(i)


def drop_olds(n):
    for x in olds(n):
        pass
    x = None


print(total(count(3000)), total(count(0)), total(count(1)))
drop_olds(400)
print(Old.log)


# --- Sites that meet other iterators -----------------------------------------


class Iterator:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        return self.n


def mixed(n):
    for i in range(n):
        yield (count(5), [1, 2], Iterator(3), (v for v in (4, 5)), range(2))[i % 5]


print(sum(total(s) for s in mixed(1000)))
ended = count(3)
print(total(ended), total(ended), next(ended, "none"))


def partly(g, n):
    for x in g:
        n -= 1
        if n == 0:
            return x


shared = count(1000)
print([partly(shared, 100) for _ in range(12)])


# --- Inspection while suspended, and going on ----------------------------------


def inspected(n):
    for i in range(n):
        got = yield i
        if got:
            yield got


def look(g):
    seen = []
    for x in g:
        if x % 500 == 0:
            frame = g.gi_frame
            seen.append((x, frame.f_locals["i"], frame.f_lineno - frame.f_code.co_firstlineno, frame.f_back,
                         g.gi_running, g.gi_suspended, frame.f_lasti > 0))
    seen.append((g.gi_frame, g.gi_running, g.gi_suspended))
    return seen


print(look(inspected(1200)))


def inside(n):
    me = sys._getframe()
    for i in range(n):
        back = sys._getframe().f_back
        yield i, back.f_code.co_name, me.f_back is back


def loops(g):
    return [x for x in g if x[0] % 300 == 0]


print(loops(inside(700)))
g = inside(2)
print(next(g), g.send(None)[1], g.gi_frame.f_back)


# --- Delegation ------------------------------------------------------------------


def innermost(n):
    try:
        for i in range(n):
            got = yield i
            if got is not None:
                yield "got", got
    except KeyError as e:
        yield "caught", e.args[0]
        return "after"
    finally:
        log.append("finally")
    return "end"


def middle(n):
    result = yield from innermost(n)
    log.append(result)
    return result


def outer(n):
    while True:
        result = yield from middle(n)
        yield "result", result
        if result == "after":
            return result


log = []
g = outer(300)
items = []
for x in g:
    items.append(x)
    if len(items) == 700:
        items.append(g.send("value"))
        items.append(g.gi_yieldfrom.__name__)
        items.append(g.gi_yieldfrom.gi_yieldfrom.__name__)
        items.append(g.throw(KeyError("key")))
print(len(items), items[298:303], items[697:], log)
log.clear()
g = outer(5)
for x in g:
    if x == 3:
        g.close()
print(log, g.gi_frame)


def tree(depth):
    if depth:
        yield from tree(depth - 1)
        yield depth
        yield from tree(depth - 1)


print(total(tree(11)), list(tree(3)))


def sender(n):
    received = []
    while len(received) < n:
        received.append((yield len(received)))
    return received


def relay(n):
    return (yield from sender(n))


def drive(g, values):
    try:
        g.send(None)
        for v in values:
            g.send(v)
    except StopIteration as e:
        return e.value


print(sum(drive(relay(500), range(1000))), drive(relay(3), "abcdef"))
try:
    count(3).send("too early")
except TypeError as e:
    print(e)


# --- Exceptions ------------------------------------------------------------------


def raises(n, exc):
    for i in range(n):
        yield i
    raise exc


def depths(exc):
    tb, lines = exc.__traceback__, []
    while tb is not None:
        lines.append((tb.tb_frame.f_code.co_name, tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno))
        tb = tb.tb_next
    return lines


for exc in (ValueError("v"), StopIteration("s"), GeneratorExit("g")):
    for n in (0, 400):
        try:
            print(total(raises(n, exc)))
        except BaseException as e:
            print(type(e).__name__, e, repr(e.__cause__), depths(e))


def context():
    try:
        raise KeyError("outer")
    except KeyError:
        for i in range(600):
            yield sys.exc_info()[0].__name__
    yield sys.exc_info()[0]


def contexts(g):
    seen = {}
    for i, x in enumerate(g):
        try:
            raise IndexError
        except IndexError:
            y = next(g, "over")
            key = (x, y, sys.exc_info()[0].__name__)
        seen[key] = seen.get(key, 0) + 1
        assert sys.exc_info()[0] is None
    return seen


print(contexts(context()))


def nested_handlers(n):
    for i in range(n):
        try:
            yield i
        except ValueError as e:
            yield -1


def throwing(n):
    g = nested_handlers(n)
    s = 0
    for x in g:
        s += x
        if x % 7 == 3:
            s += 1000 * g.throw(ValueError)
    return s


print(throwing(900))


def own_running():
    for i in range(300):
        if i == 250:
            try:
                for x in me:
                    print("never")
            except ValueError as e:
                yield str(e)
        yield i


me = own_running()
print([x for x in me if isinstance(x, str)])


# --- Depth -----------------------------------------------------------------------


def deep(n):
    for x in deep(n + 1):
        yield x
    yield n


def delegating(n):
    yield from delegating(n + 1)


for make in (deep, delegating):
    for _ in range(3):
        try:
            total(make(0))
        except RecursionError as e:
            print("RecursionError", str(e)[:32])


def depth_left(n=0):
    try:
        return depth_left(n + 1)
    except RecursionError:
        return n


before = depth_left()
total(count(5000))
list(count(500))
sum(tree(8))
print(depth_left() - before)


# --- References ------------------------------------------------------------------


def references():
    item = object()

    def give(n):
        for _ in range(n):
            yield item

    def run(n):
        for x in give(n):
            pass
        list(give(n))
        for x in give(n):
            if n:
                break
        g = give(3)
        next(g)

    run(300)
    watched = [item, give, give.__code__, None]
    before = [sys.getrefcount(o) for o in watched]
    run(300)
    after = [sys.getrefcount(o) for o in watched]
    return [b - a for a, b in zip(before, after)]


counts = references()
print(counts[:3], abs(counts[3]) < 10)


class Tracked:
    pass


def holds(n):
    kept = Tracked()
    refs.append(weakref.ref(kept))
    for i in range(n):
        yield i


refs = []
for n in (300, 5):
    g = holds(1000)
    partly(g, n)
    alive = refs[-1]() is not None
    del g
    print(alive, refs[-1]())
cycle = holds(10)
next(cycle)
ring = [cycle]
ring.append(ring)
del cycle, ring
gc.collect()
print(refs[-1]())


def reused(n):
    names = set()
    for i in range(n):
        a, b = count(2), (v for v in (1,))
        r = weakref.ref(a)
        names.add((next(a), next(b), a.__name__, b.__qualname__, r() is a, gc.is_tracked(a)))
        if i % 2:
            a.close()
        else:
            list(a)
        a.__name__ = "other"
        del a
        assert r() is None
    return names


print(reused(600))


class Finalized:
    def __init__(self, generator):
        self.generator = generator

    def __del__(self):
        log.append(next(self.generator, "ended"))


def kept(n):
    for i in range(n):
        yield i


log.clear()
for n in (1, 2, 3):
    g = kept(n)
    next(g)
    Finalized(g)
print(log)


# --- Resumed by C code -------------------------------------------------------------


def from_c(n):
    g = count(n)
    out = [next(g), next(g), sum(g), next(g, "end"), list(g)]
    out.append(max(count(n)))
    out.append(any(x > 50 for x in count(n)))
    out.append(dict(zip(count(3), count(3))))
    out.append(sorted(x % 10 for x in count(20)))
    a, b, *c = count(5)
    return out + [a, b, c, (*count(3), *count(2)), [*map(str, count(3))]]


for n in (100, 1000):
    print(from_c(n))


def returning(n):
    for i in range(n):
        yield i
    return n


g = returning(300)
while True:
    try:
        next(g)
    except StopIteration as e:
        print(e.value, e.args)
        break


# --- Tracing that comes and goes ----------------------------------------------------


def stepped(n):
    for i in range(n):
        yield i


def trace_midway(g):
    lines = []

    def tracer(frame, event, arg):
        if frame.f_code.co_name in ("stepped", "some"):
            lines.append((frame.f_code.co_name, event))
        return tracer

    def some(n):
        for x in g:
            n -= 1
            if n == 0:
                return x

    results = [some(300)]
    sys.settrace(tracer)
    results.append(some(2))
    sys.settrace(None)
    results.append(some(300))
    return results, lines


print(trace_midway(stepped(1000)))


def switching(n):
    for i in range(n):
        if i == 400:
            sys.setprofile(lambda frame, event, arg: events.append(event))
        if i == 402:
            sys.setprofile(None)
        yield i


events = []
print(total(switching(800)), events[:3])


# --- Code that changes while generators wait ----------------------------------------


def changing(values):
    for v in values:
        yield v + v


def consume(g, n):
    s = None
    for x in g:
        s = x if s is None else s + x
        n -= 1
        if n == 0:
            break
    return s


waiting = [changing([(1, 2.5, "ab", (1,))[i % 4]] * 60) for i in range(40)]
waiting += [changing(range(60)) for _ in range(40)]
for step in (1, 2, 3, 20):
    print([consume(g, step) for g in waiting[:5]], sum(consume(g, step) for g in waiting[40:]))
    for g in waiting[5:40]:
        consume(g, step)


# --- Coroutines ------------------------------------------------------------------------


@types.coroutine
def pause(x):
    return (yield x)


async def leaf(x):
    return await pause(x) + 1


async def chain(x, depth):
    if depth == 0:
        return await leaf(x)
    return await chain(x, depth - 1)


async def quick(x):
    return x


async def work(n):
    s = 0
    for i in range(n):
        s += await quick(i)
        if i % 50 == 0:
            s += await chain(i, 4)
    return s


def run(coroutine):
    sent, trips = None, 0
    try:
        while True:
            sent = coroutine.send(sent)
            trips += 1
    except StopIteration as e:
        return e.value, trips


print(run(work(1000)))
c = work(10)
run(c)
try:
    c.send(None)
except RuntimeError as e:
    print(e)
c = chain(1, 3)
c.send(None)
print(c.cr_await.__name__, c.cr_frame.f_code.co_name, c.cr_running, inspect.getcoroutinestate(c))
c.close()
print(inspect.getcoroutinestate(c), c.cr_frame)
c = chain(1, 3)
c.send(None)
try:
    c.throw(OSError("thrown"))
except OSError as e:
    print(e, [name for name, _ in depths(e)])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(3):
        quick(1)
    sys.set_coroutine_origin_tracking_depth(1)
    c = quick(2)
    print(c.cr_origin is not None, len(c.cr_origin))
    sys.set_coroutine_origin_tracking_depth(0)
    run(c)
    print([str(w.message) for w in caught])


async def ticks(n):
    for i in range(n):
        if i % 100 == 50:
            await pause(0.0)
        yield i


async def gather(n):
    return [x async for x in ticks(n) if x % 90 == 0], sum([x async for x in ticks(n)])


class Loop:
    def run(self, coroutine):
        value = None
        while True:
            try:
                value = coroutine.send(value)
            except StopIteration as e:
                return e.value


print(Loop().run(gather(800)))
