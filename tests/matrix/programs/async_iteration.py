"""Async generators, async for, async comprehensions, driven by hand and by asyncio."""
import asyncio
import sys
import traceback


def run(coroutine):
    try:
        while True:
            print("  yielded", coroutine.send(None))
    except StopIteration as e:
        print("  returned", e.value)
    except BaseException:
        traceback.print_exc(file=sys.stdout)


class Pause:
    def __init__(self, value=None):
        self.value = value

    def __await__(self):
        yield self.value


async def numbers(n):
    try:
        for i in range(n):
            await Pause(f"pause {i}")
            got = yield i
            if got is not None:
                print("got", got)
    finally:
        print("numbers finally")


class Countdown:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.n:
            raise StopAsyncIteration
        self.n -= 1
        return self.n


async def loops():
    out = []
    async for i in numbers(2):
        out.append(i)
    else:
        out.append("else")
    async for i in Countdown(5):
        if i == 3:
            continue
        if i == 1:
            break
        out.append(i)
    else:
        out.append("not reached")
    return out


run(loops())


async def comprehensions():
    a = [i async for i in Countdown(3)]
    b = {i async for i in Countdown(3) if i}
    c = {i: i * i async for i in Countdown(3)}
    d = [await asyncio_free(i) for i in range(2)]
    e = [(i, j) for i in range(2) async for j in Countdown(2)]
    g = (i async for i in numbers(2))
    f = [x async for x in g]
    h = [[j async for j in Countdown(i)] for i in range(3)]
    return a, sorted(b), c, d, e, f, h


async def asyncio_free(x):
    await Pause("inner")
    return -x


run(comprehensions())


async def iterate(thing):
    async for x in thing:
        print("item", x)


class BadAiter:
    def __aiter__(self):
        return 5


class AsyncAiter:
    async def __aiter__(self):
        return self


class BadAnext:
    def __aiter__(self):
        return self

    def __anext__(self):
        return 5


class RaisingAnext(BadAnext):
    async def __anext__(self):
        raise KeyError("anext")


class IndirectAnext(BadAnext):
    def __anext__(self):
        raise StopAsyncIteration


import warnings

warnings.simplefilter("ignore")
for thing in ([1], None, BadAiter(), AsyncAiter(), BadAnext(), RaisingAnext(), IndirectAnext()):
    run(iterate(thing))


async def protocol():
    g = numbers(5)
    print(await g.__anext__(), await g.asend("hello"), g.ag_running, g.ag_frame.f_locals["i"])
    try:
        await g.athrow(ValueError("thrown"))
    except ValueError as e:
        print("back", e)
    try:
        await g.__anext__()
    except StopAsyncIteration:
        print("exhausted")
    g = numbers(3)
    await g.__anext__()
    await g.aclose()
    await g.aclose()
    try:
        await numbers(1).asend(1)
    except TypeError as e:
        print(e)
    return "done"


run(protocol())


async def ignores_close():
    try:
        yield 1
    except GeneratorExit:
        yield 2


async def stops():
    yield 1
    raise StopAsyncIteration


async def awaits_in_finally():
    try:
        yield 1
    finally:
        await Pause("in finally")


async def closing():
    for f in (ignores_close, stops, awaits_in_finally):
        g = f()
        await anext(g)
        try:
            if f is stops:
                await anext(g)
            await g.aclose()
            print(f.__name__, "closed")
        except RuntimeError as e:
            print(f.__name__, e)
    print(await anext(Countdown(0), "default"), await anext(Countdown(2), "default"))


run(closing())


async def main():
    results = []

    async def worker(n):
        for i in range(3):
            await asyncio.sleep(0)
            results.append((n, i))
        return n

    print(await asyncio.gather(*[worker(n) for n in range(3)]), results)

    async def producer(queue):
        for i in range(5):
            await queue.put(i)
        await queue.put(None)

    queue = asyncio.Queue(2)
    task = asyncio.create_task(producer(queue))
    items = []
    while (item := await queue.get()) is not None:
        items.append(item)
    await task
    print(items)

    async def forever():
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            print("cancelled")
            raise

    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("seen", task.cancelled())
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(10)
    except TimeoutError as e:
        print("timeout", e)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(1))
            group.create_task(fail(2))
    except* ValueError as e:
        print([str(x) for x in e.exceptions])

    async def ticker():
        try:
            for i in range(100):
                yield i
                await asyncio.sleep(0)
        finally:
            print("ticker closed")

    async for i in ticker():
        if i == 3:
            break
    return [x async for x in ticker() if x > 97]


async def fail(n):
    await asyncio.sleep(0)
    raise ValueError(n)


print(asyncio.run(main()))
