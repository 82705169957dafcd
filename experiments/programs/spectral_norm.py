"""Largest singular value of an infinite matrix by power iteration: calls and division."""

from math import sqrt

KIND = "python"
EXPECTED = 1.274222873

SIZE, ROUNDS = 150, 9


def entry(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def apply(vector):
    size = len(vector)
    result = []
    for i in range(size):
        total = 0.0
        for j in range(size):
            total += entry(i, j) * vector[j]
        result.append(total)
    return result


def apply_transposed(vector):
    size = len(vector)
    result = []
    for i in range(size):
        total = 0.0
        for j in range(size):
            total += entry(j, i) * vector[j]
        result.append(total)
    return result


def run():
    u = [1.0] * SIZE
    for _ in range(ROUNDS):
        v = apply_transposed(apply(u))
        u = apply_transposed(apply(v))
    top = sum(a * b for a, b in zip(u, v))
    bottom = sum(b * b for b in v)
    return round(sqrt(top / bottom), 9)
