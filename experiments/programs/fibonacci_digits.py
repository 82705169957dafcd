"""Growing integers by repeated addition: the cost of medium-sized big ints."""

KIND = "library"
EXPECTED = 54369479636411402

TERMS, REPEATS = 20000, 18


def nth(terms):
    a, b = 0, 1
    for _ in range(terms):
        a, b = b, a + b
    return a


def run():
    total = 0
    for extra in range(REPEATS):
        total += nth(TERMS + extra)
    return total % (10 ** 18 + 9)
