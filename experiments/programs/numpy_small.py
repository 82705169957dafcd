"""Rotations of 3-vectors in NumPy: the cost of calling, not of computing."""

import numpy as np

KIND = "numpy-small"
EXPECTED = ([-0.000509, 0.00178, 0.1], 7495)

STEPS = 15000


def run():
    angle = 0.01
    turn = np.array([[np.cos(angle), -np.sin(angle), 0.0],
                     [np.sin(angle), np.cos(angle), 0.0],
                     [0.0, 0.0, 1.0]])
    point, speed = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    inside = 0
    for _ in range(STEPS):
        point = turn @ point + speed
        speed = speed * 0.99 - point * 1e-5
        if np.abs(point).max() < 3.0 and point[0] > 0:
            inside += 1
        speed[2] += 1e-6
    return [round(float(value), 6) for value in point], inside
