"""Recursion hundreds of frames deep, with mutual recursion and the tak function."""

KIND = "python"
EXPECTED = (127142, 10)

DEPTH = 850


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def depth_sum(n, weight):
    if n == 0:
        return 0
    return weight * n + depth_sum(n - 1, -weight)


def tak(x, y, z):
    if y >= x:
        return z
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def run():
    total = 0
    for turn in range(300):
        total += depth_sum(DEPTH - turn % 9, 1) + even(DEPTH - turn % 7)
    return total, tak(15, 10, 5)
