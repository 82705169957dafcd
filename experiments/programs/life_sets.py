"""Game of life on an unbounded plane: live cells in a set of tuples."""

KIND = "python"
EXPECTED = (195, 3212, (-64, 52), (84, -73))

GENERATIONS = 400


def step(alive):
    neighbours = {}
    for x, y in alive:
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                if dx or dy:
                    cell = x + dx, y + dy
                    neighbours[cell] = neighbours.get(cell, 0) + 1
    return {cell for cell, count in neighbours.items()
            if count == 3 or (count == 2 and cell in alive)}


def run():
    # The R-pentomino.
    alive = {(0, 1), (1, 0), (1, 1), (1, 2), (2, 2)}
    history = set()
    for _ in range(GENERATIONS):
        alive = step(alive)
        history |= alive
    return len(alive), len(history), min(alive), max(alive)
