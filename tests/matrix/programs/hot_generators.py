"""Generators in warm code: pipelines, early exits, recursion, send loops."""
import itertools


def count(n):
    i = 0
    while i < n:
        yield i
        i += 1


def mapped(f, it):
    for v in it:
        yield f(v)


def filtered(p, it):
    return (v for v in it if p(v))


def chunks(it, n):
    chunk = []
    for v in it:
        chunk.append(v)
        if len(chunk) == n:
            yield tuple(chunk)
            chunk = []
    if chunk:
        yield tuple(chunk)


print(sum(mapped(lambda v: v * v, filtered(lambda v: v % 3, count(3000)))))
print(list(chunks(count(10), 4)), sum(sum(c) for c in chunks(count(1000), 7)))


def permutations(items):
    if not items:
        yield ()
    for i, v in enumerate(items):
        for rest in permutations(items[:i] + items[i + 1 :]):
            yield (v, *rest)


print(sum(1 for _ in permutations([1, 2, 3, 4, 5])), list(permutations("abc"))[3])


def averager():
    total = n = 0
    value = None
    while True:
        got = yield value
        if got is None:
            return total, n
        total += got
        n += 1
        value = total / n


def collect(out):
    while True:
        out.append((yield from averager()))


out = []
c = collect(out)
next(c)
for i in range(300):
    c.send(i if i % 10 else None)
print(len(out), out[:3])


def primes():
    found = []
    for n in itertools.count(2):
        if all(n % p for p in itertools.takewhile(lambda p: p * p <= n, found)):
            found.append(n)
            yield n


print(list(itertools.islice(primes(), 20)), next(p for p in primes() if p > 500))


def first(it, default=None):
    for v in it:
        return v
    return default


print([first(count(n)) for n in (0, 5)], any(v > 5 for v in count(100)), all(v < 5 for v in count(100)), 7 in count(10))


def hanoi(n, a, b, c):
    if n:
        yield from hanoi(n - 1, a, c, b)
        yield a, c
        yield from hanoi(n - 1, b, a, c)


print(sum(1 for _ in hanoi(8, "a", "b", "c")), list(hanoi(2, *"abc")))


def types_change(n):
    for i in range(n):
        yield i if i < n // 2 else float(i) if i < 3 * n // 4 else str(i)


total = 0
for v in types_change(1000):
    total += v if not isinstance(v, str) else len(v)
print(total)


def zipped(*its):
    its = [iter(i) for i in its]
    while True:
        row = []
        for i in its:
            try:
                row.append(next(i))
            except StopIteration:
                return
        yield row


print(sum(a * b for a, b in zipped(count(500), count(400))))


def scheduler(tasks):
    from collections import deque

    ready, log = deque(tasks), 0
    while ready:
        t = ready.popleft()
        try:
            log += next(t)
        except StopIteration as e:
            log += e.value
        else:
            ready.append(t)
    return log


def task(n):
    for i in range(n):
        yield i
    return n * 1000


print(scheduler([task(n) for n in range(30)]))


async def leaf(n):
    return n * 2


async def tree(n):
    return n if n < 2 else await tree(n - 1) + await leaf(n)


def drive(c):
    try:
        c.send(None)
    except StopIteration as e:
        return e.value


print(drive(tree(100)), [drive(leaf(i)) for i in range(3)], sum(drive(leaf(i)) for i in range(1000)))
a, b = itertools.tee(count(100))
next(a)
print(sum(x * y for x, y in zip(a, b)), dict(zip(count(3), "abc")), [*count(3)], {*count(3)}, max(count(5)), sorted(count(3), reverse=True), list(map(lambda x: -x, count(3))), ",".join(str(v) for v in count(4)))
