"""Longest hailstone sequence: integer arithmetic and branches in while loops."""

KIND = "python"
EXPECTED = (17647, 279)

LIMIT = 20000


def length(start):
    steps = 1
    while start != 1:
        if start & 1:
            start = 3 * start + 1
        else:
            start >>= 1
        steps += 1
    return steps


def run():
    best = winner = 0
    for start in range(1, LIMIT):
        steps = length(start)
        if steps > best:
            best, winner = steps, start
    return winner, best
