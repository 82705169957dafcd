"""Successive over-relaxation of a grid of floats: neighbouring list elements."""

KIND = "python"
EXPECTED = (0.128815569, 157034.124048)

SIZE, ROUNDS = 100, 120


def relax(grid, omega, rounds):
    quarter, keep = omega * 0.25, 1.0 - omega
    inner = range(1, len(grid) - 1)
    for _ in range(rounds):
        for i in inner:
            above, row, below = grid[i - 1], grid[i], grid[i + 1]
            for j in inner:
                row[j] = quarter * (above[j] + below[j] + row[j - 1] + row[j + 1]) + keep * row[j]


def run():
    grid = [[0.0] * SIZE for _ in range(SIZE)]
    for j in range(SIZE):
        grid[0][j] = 100.0
        grid[-1][j] = j * 1.0
    relax(grid, 1.25, ROUNDS)
    return round(grid[SIZE // 2][SIZE // 2], 9), round(sum(map(sum, grid)), 6)
