"""async with, async for and try/finally in nests; cancellation through all of them."""
import asyncio
import contextlib

log = []


@contextlib.asynccontextmanager
async def managed(name, swallow=()):
    log.append(f"+{name}")
    try:
        await asyncio.sleep(0)
        yield name
    except swallow:
        log.append(f"~{name}")
    finally:
        await asyncio.sleep(0)
        log.append(f"-{name}")


async def ticks(n):
    async with managed("ticks"):
        for i in range(n):
            await asyncio.sleep(0)
            yield i


async def nest(kind):
    for i in range(3):
        try:
            async with managed(f"a{i}", (KeyError,)), managed(f"b{i}"):
                async with contextlib.aclosing(ticks(5)) as source:
                    async for t in source:
                        if t == 1 and i == 0:
                            continue
                        if t == 2:
                            break
                        log.append(t)
                if kind == "key" and i == 1:
                    raise KeyError
                if kind == "value" and i == 1:
                    raise ValueError("v")
                if kind == "return" and i == 1:
                    return "returned"
                if kind == "continue":
                    continue
                if kind == "break":
                    break
        finally:
            await asyncio.sleep(0)
            log.append(f"f{i}")
    else:
        return "else"
    return "end"


async def main():
    for kind in ("plain", "key", "value", "return", "continue", "break"):
        log.clear()
        try:
            result = await nest(kind)
        except Exception as e:
            result = repr(e)
        print(kind, result, *log)
    log.clear()
    task = asyncio.create_task(nest("plain"))
    for _ in range(12):
        await asyncio.sleep(0)
    task.cancel("stop")
    try:
        await task
    except asyncio.CancelledError as e:
        print("cancelled", e.args, *log)
    log.clear()
    async with contextlib.AsyncExitStack() as stack:
        for i in range(3):
            await stack.enter_async_context(managed(f"s{i}"))
        stack.push_async_callback(asyncio.sleep, 0)
        log.append("body")
    print(*log)
    semaphore, order = asyncio.Semaphore(2), []

    async def limited(n):
        async with semaphore:
            order.append(f"in{n}")
            await asyncio.sleep(0)
            order.append(f"out{n}")
        return n

    print(await asyncio.gather(*(limited(i) for i in range(4)), return_exceptions=True), order)
    print([x async for x in ticks(3)], {x: y async for x, y in pairs()}, [y for x in [1, 2] if x > 1 for y in [await double(x)]], [await double(x) async for x in ticks(2) if await double(x)])
    lock, event, done = asyncio.Lock(), asyncio.Event(), []

    async def waiter(n):
        await event.wait()
        async with lock:
            done.append(n)

    tasks = [asyncio.ensure_future(waiter(i)) for i in range(3)]
    await asyncio.sleep(0)
    event.set()
    await asyncio.wait(tasks)
    print(done)
    print(await asyncio.to_thread(sum, [1, 2]), await asyncio.wait_for(double(4), 5), await asyncio.shield(double(5)))
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.001)
    except TimeoutError:
        print("timeout")
    results = await asyncio.gather(double("x"), fails(), return_exceptions=True)
    print(results)
    for future in asyncio.as_completed([double(1)]):
        print(await future)
    reader_log = []

    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for word in (b"one\n", b"two\n"):
            writer.write(word)
            reader_log.append(await reader.readline())
        writer.close()
        await writer.wait_closed()
    print(reader_log)


async def pairs():
    for p in [(1, 2), (3, 4)]:
        yield p


async def double(x):
    await asyncio.sleep(0)
    return x * 2


async def fails():
    raise LookupError("in task")


asyncio.run(main())
