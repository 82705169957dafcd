"""Pipelines of generators, recursive `yield from` and generator expressions."""

KIND = "python"
EXPECTED = (22222238888555552, 8999550005000, 20833333333250000)

COUNT = 500000


def numbers(count):
    for value in range(count):
        yield value


def without_multiples(source, divisor):
    for value in source:
        if value % divisor:
            yield value


def pairs(source):
    previous = None
    for value in source:
        if previous is not None:
            yield previous, value
        previous = value


def tree(low, high):
    if low < high:
        middle = (low + high) // 2
        yield from tree(low, middle)
        yield middle
        yield from tree(middle + 1, high)


def run():
    stream = pairs(without_multiples(without_multiples(numbers(COUNT), 3), 5))
    total = sum(b * b - a for a, b in stream)
    walked = sum(index * value for index, value in enumerate(tree(0, 30000)))
    squares = sum(n * n for n in range(COUNT) if n & 1)
    return total, walked, squares
