"""Coroutines without an event loop: await protocol, errors, inspection."""
import inspect
import sys
import traceback
import types
import warnings


class Wait:
    def __init__(self, *values):
        self.values = values

    def __await__(self):
        for value in self.values:
            got = yield value
            print("resumed with", got)
        return "awaited"


def drive(coroutine, *sends):
    try:
        print("yielded", coroutine.send(None))
        for value in sends:
            print("yielded", coroutine.send(value))
    except StopIteration as e:
        print("returned", e.value)
    except BaseException:
        traceback.print_exc(file=sys.stdout)


async def simple(x):
    return await Wait(x, x + 1)


drive(simple(1), "a", "b")


async def nested():
    first = await simple(10)
    return [first, await simple(20), await Wait()]


drive(nested(), 1, 2, 3, 4)


async def awaits(thing):
    return await thing


class BadAwait:
    def __await__(self):
        return 5


class CoroAwait:
    def __await__(self):
        return simple(1)


class IterAwait:
    def __await__(self):
        return iter([1, 2])


class NoAwait:
    pass


for thing in (1, None, [], NoAwait(), BadAwait()):
    drive(awaits(thing))
drive(awaits(IterAwait()), None, None)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    drive(awaits(CoroAwait()))


@types.coroutine
def old_style(n):
    got = yield n
    return got


drive(awaits(old_style(5)), "sent")


def plain_generator():
    yield 1


drive(awaits(plain_generator()))


async def catches():
    try:
        await Wait("in try")
    except KeyError as e:
        print("caught", e)
        return await Wait("in except")
    finally:
        print("finally")


c = catches()
c.send(None)
print(c.throw(KeyError("k")))
print(inspect.getcoroutinestate(c), type(c.cr_await).__name__, c.cr_running, c.cr_frame.f_code.co_name)
drive_rest = []
try:
    c.send(None)
except StopIteration as e:
    print(e.value)
print(inspect.getcoroutinestate(c), c.cr_await, c.cr_frame)
try:
    c.send(None)
except RuntimeError as e:
    print(e)
c = catches()
c.send(None)
c.close()
c.close()
c = catches()
try:
    c.throw(ValueError("not started"))
except ValueError as e:
    print(e)


async def twice():
    c = simple(0)
    await c
    await c


drive(twice(), None, None)


async def shared_await(c):
    await c


c = simple(0)
a, b = shared_await(c), shared_await(c)
a.send(None)
try:
    b.send(None)
except RuntimeError as e:
    print(e)
a.close()

for attempt in (lambda: iter(simple(0)), lambda: list(simple(0)), lambda: [*simple(0)]):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            attempt()
        except TypeError as e:
            print(e)


class AsyncManager:
    def __init__(self, name, suppress=False):
        self.name, self.suppress = name, suppress

    async def __aenter__(self):
        await Wait(f"enter {self.name}")
        return self.name

    async def __aexit__(self, kind, value, tb):
        await Wait(f"exit {self.name} {kind and kind.__name__}")
        return self.suppress


async def with_managers():
    async with AsyncManager("a") as a, AsyncManager("b", suppress=True) as b:
        print("body", a, b)
        raise ValueError
    print("suppressed")
    for i in range(3):
        async with AsyncManager(f"loop {i}"):
            if i == 0:
                continue
            return i


drive(with_managers(), *range(12))


async def with_error():
    async with AsyncManager("c"):
        1 / 0


drive(with_error(), None, None)


async def with_wrong(thing):
    async with thing:
        pass


class AenterOnly:
    async def __aenter__(self):
        pass


class NotAwaitable:
    def __aenter__(self):
        return 1

    def __aexit__(self, *a):
        return 2


class ExitNotAwaitable:
    async def __aenter__(self):
        return 1

    def __aexit__(self, *a):
        return 2


for thing in (1, AenterOnly(), NotAwaitable(), ExitNotAwaitable()):
    drive(with_wrong(thing))


async def stop():
    raise StopIteration("inside")


drive(stop())


async def deep(n):
    if n:
        return await deep(n - 1) + 1
    await Wait("bottom")
    return sys._getframe().f_back.f_code.co_name and 0


drive(deep(20), None)


async def traceback_through():
    await deep_fail(2)


async def deep_fail(n):
    if n:
        await deep_fail(n - 1)
    raise LookupError("deep")


drive(traceback_through())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    simple(1)
    print([str(w.message) for w in caught])
print(inspect.iscoroutinefunction(simple), inspect.iscoroutine(c), simple.__code__.co_flags & inspect.CO_COROUTINE != 0)
