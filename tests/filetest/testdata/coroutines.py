# async for, async with, await.
# RUN: bytecode f


async def f(a):
    async with a as b:
        async for c in b:
            await c


try:
    f(1).send(None)
except TypeError:
    pass
