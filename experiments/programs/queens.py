"""All placements of n queens, by recursion over sets and a generator."""

KIND = "python"
EXPECTED = ([2, 10, 4, 40, 92, 352], 724, [0, 2, 5, 7, 9, 4, 8, 1, 3, 6])

SIZE = 10


def place(row, size, columns, rising, falling, placed):
    if row == size:
        yield list(placed)
        return
    for column in range(size):
        if column in columns or row + column in rising or row - column in falling:
            continue
        columns.add(column)
        rising.add(row + column)
        falling.add(row - column)
        placed.append(column)
        yield from place(row + 1, size, columns, rising, falling, placed)
        placed.pop()
        columns.remove(column)
        rising.remove(row + column)
        falling.remove(row - column)


def run():
    counts = [sum(1 for _ in place(0, size, set(), set(), set(), [])) for size in (4, 5, 6, 7, 8, 9)]
    solutions = list(place(0, SIZE, set(), set(), set(), []))
    return counts, len(solutions), solutions[0]
