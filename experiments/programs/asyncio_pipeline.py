"""Producers, workers and a collector that talk through asyncio queues."""

import asyncio

KIND = "library"
EXPECTED = (900, 43061, [14349, 14380, 14332])

ITEMS, WORKERS = 900, 6


async def produce(queue, first):
    for item in range(first, ITEMS, 2):
        await queue.put(item)
        if item % 16 == 0:
            await asyncio.sleep(0)


async def work(queue, results, lock, totals):
    while True:
        item = await queue.get()
        value = item * item % 97
        async with lock:
            totals[item % 3] += value
        await results.put(value)
        queue.task_done()


async def main():
    queue, results = asyncio.Queue(maxsize=20), asyncio.Queue()
    lock, totals = asyncio.Lock(), [0, 0, 0]
    workers = [asyncio.ensure_future(work(queue, results, lock, totals)) for _ in range(WORKERS)]
    await asyncio.gather(produce(queue, 0), produce(queue, 1))
    await queue.join()
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    collected = [results.get_nowait() for _ in range(results.qsize())]
    return len(collected), sum(collected), totals


def run():
    return [asyncio.run(main()) for _ in range(25)][-1]
