"""Generators resumed by next() and send() themselves, items of asynchronous
generators, awaits of methods written in Python, in loops that run often."""
import sys


def echo(log):
    got = None
    while True:
        got = yield (got, len(log))
        log.append(got)
        if got == "stop":
            return len(log)


def drive(n):
    log = []
    g = echo(log)
    answers = [next(g)]
    for i in range(n):
        answers.append(g.send(i))
    try:
        g.send("stop")
    except StopIteration as stop:
        answers.append(("stopped", stop.value))
    for again in (lambda: next(g), lambda: g.send(1), lambda: g.send(None)):
        try:
            again()
        except StopIteration as stop:
            answers.append(("over", stop.value))
    return answers[0], answers[-5:], log[-2:]


def too_early(g):
    try:
        return g.send(1)
    except TypeError as e:
        return str(e)


def ends(values):
    for value in values:
        yield value


def nexts(g):
    total = 0
    while True:
        try:
            total += next(g)
        except StopIteration as stop:
            return total, stop.value, sys.exc_info()[0] is StopIteration


class Plain:
    pass


class Pause:
    def __await__(self):
        return (yield self)


class Twice:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        first = yield self.value
        second = yield self.value + 1
        return first, second


class Wrong:
    def __await__(self):
        return 5


async def waits(n):
    total = 0
    for i in range(n):
        total += await Pause()
        a, b = await Twice(i)
        total += a * b
    return total


async def waits_wrong(n):
    failed = 0
    for _ in range(n):
        try:
            await Wrong()
        except TypeError as e:
            failed += 1
            message = str(e)
    return failed, message


def run(coroutine):
    sent, yielded = None, 0
    while True:
        try:
            item = coroutine.send(sent)
        except StopIteration as stop:
            return stop.value, yielded
        yielded += isinstance(item, Pause)
        sent = yielded % 7


async def items(n, wait=False):
    try:
        for i in range(n):
            if wait and i % 3 == 0:
                i += await Pause()
            got = yield i
            if got is not None:
                yield ("got", got)
    finally:
        LOG.append(("finally", n))


async def consume(n):
    total = 0
    async for i in items(n):
        total += i
    async for i in items(n, wait=True):
        total += i
    squares = [i * i async for i in items(n) if i & 1]
    return total, sum(squares)


async def by_hand(n):
    g = items(n)
    first = await g.__anext__()
    answers = [first]
    for i in range(n // 4):
        answers.append(await g.asend(i))
    awaiter = g.__anext__()
    answers.append(await awaiter)
    try:
        await awaiter
    except RuntimeError as e:
        answers.append(str(e))
    await g.aclose()
    try:
        await g.__anext__()
    except StopAsyncIteration as e:
        answers.append(repr(e))
    return answers


async def raises(what):
    yield 1
    raise what


async def catches(n):
    seen = []
    for what in (ValueError("v"), StopIteration(3), StopAsyncIteration(4)):
        for _ in range(n):
            try:
                async for _ in raises(what):
                    pass
            except Exception as e:
                last = type(e).__name__, str(e), repr(e.__cause__)
        seen.append(last)
    return seen


async def busy():
    g = None

    async def self_eater():
        yield 1
        await g.__anext__()
        yield 2

    g = self_eater()
    seen = [await g.__anext__()]
    try:
        await g.__anext__()
    except RuntimeError as e:
        seen.append(str(e))
    return seen


def makes(n):
    return len({id(o) for o in [Plain() for _ in range(n)]}), type(Plain()).__name__


LOG = []
for _ in range(40):
    results = [drive(60), nexts(ends([1, 2, 3] * 30)), makes(50), run(waits(40)),
               run(waits_wrong(40)), run(consume(60)), run(by_hand(40)), run(catches(10)), run(busy())]
for result in results:
    print(result)
early = waits(1)
print(too_early(ends([1])), too_early(early))
early.close()
print(LOG[-4:], len(LOG))


class Plain:
    def __init__(self):
        self.made = True


print(makes(3), Plain().made)
