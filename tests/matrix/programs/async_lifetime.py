"""Coroutines and async generators that are dropped, closed late, or never awaited."""
# no-stress: gc
import asyncio
import gc
import sys
import warnings
import weakref

warnings.simplefilter("ignore")


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


class Wait:
    def __await__(self):
        yield "waiting"


async def holds(name):
    loud = Loud(name)
    try:
        await Wait()
    finally:
        print("finally", name)


c = holds("dropped")
c.send(None)
del c
print("after drop")
c = holds("never started")
del c


async def agen(name):
    loud = Loud(name)
    try:
        yield 1
        yield 2
    finally:
        print("agen finally", name)


def step(awaitable):
    try:
        awaitable.send(None)
    except StopIteration as e:
        return e.value


g = agen("g1")
print(step(g.__anext__()))
del g
print("g1 gone")
hooks = []
sys.set_asyncgen_hooks(firstiter=lambda a: hooks.append("first"), finalizer=lambda a: hooks.append("final"))
g = agen("g2")
step(g.__anext__())
del g
gc.collect()
print(hooks)
sys.set_asyncgen_hooks(None, None)


async def nested():
    async for x in agen("inner"):
        await Wait()


c = nested()
c.send(None)
print("suspended in async for")
c.close()
print("closed")


async def cycle():
    me = weakref.ref(asyncio.current_task())
    return me


async def main():
    ref = await asyncio.create_task(cycle())
    gc.collect()
    print("task gone", ref() is None)
    task = asyncio.create_task(holds_sleep())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    del task
    async for x in agen("broken out"):
        break
    await asyncio.sleep(0)
    print("main ends")


async def holds_sleep():
    loud = Loud("in task")
    await asyncio.sleep(100)


asyncio.run(main())


async def frames():
    return sys._getframe().f_back and sys._getframe().f_back.f_code.co_name


async def outer():
    return await frames()


print(step(outer()))
c = holds("origin")
sys.set_coroutine_origin_tracking_depth(2)
d = holds("origin2")
print(c.cr_origin, [o[2] for o in d.cr_origin])
sys.set_coroutine_origin_tracking_depth(0)
c.close()
d.close()
a = agen("inspect")
print(a.ag_frame is not None, a.ag_running, a.ag_await, a.ag_code.co_name)
n = a.__anext__()
print(step(n))
try:
    n.send(None)
except RuntimeError as e:
    print(e)
x = a.asend(None)
y = a.asend(None)
print(step(x))
step(a.aclose())
print(a.ag_frame)
