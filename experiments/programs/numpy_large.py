"""Diffusion on a large NumPy grid: time inside NumPy's loops."""

import numpy as np

KIND = "numpy-large"
EXPECTED = (1562500.0, 29.232258, 15549)

SIZE, STEPS = 500, 60


def run():
    grid = np.zeros((SIZE, SIZE))
    grid[SIZE // 4:SIZE // 2, SIZE // 4:SIZE // 2] = 100.0
    for _ in range(STEPS):
        middle = grid[1:-1, 1:-1]
        around = grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:]
        grid[1:-1, 1:-1] = middle + 0.2 * (around - 4.0 * middle)
    corner = float(grid[SIZE // 4, SIZE // 4])
    return round(float(grid.sum()), 3), round(corner, 6), int((grid > 50.0).sum())
