"""Coroutines that await each other without an event loop: `await` as a call."""

KIND = "python"
EXPECTED = ((28657, 0), (20000100000, 200000), (22500000000, 0))


class Pause:
    def __await__(self):
        return (yield self)


async def fib(n):
    if n < 2:
        return n
    return await fib(n - 1) + await fib(n - 2)


async def countdown(n):
    total = 0
    while n:
        total += await Pause()
        n -= 1
    return total


async def stream(n):
    for value in range(n):
        yield value


async def consume(n):
    return sum([value async for value in stream(n) if value & 1])


def drive(coroutine):
    answer, sent = None, 0
    while True:
        try:
            coroutine.send(answer)
        except StopIteration as stop:
            return stop.value, sent
        sent += 1
        answer = sent


def run():
    return drive(fib(23)), drive(countdown(200000)), drive(consume(300000))
