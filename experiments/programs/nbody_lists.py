"""Gravity among five bodies, each body a list of floats."""

from math import sqrt

KIND = "python"
EXPECTED = (-2.870588, -1.976471, 0.717647, 0.451442, 0.791646, 0.402915)

STEPS = 22000


def make_bodies():
    # x, y, z, vx, vy, vz, mass
    bodies = []
    for index in range(5):
        side = 1.0 if index % 2 else -1.0
        bodies.append([
            side * (1.0 + index), 0.5 * index, 0.1 * side,
            -0.2 * index, 0.3 * side, 0.05 * index,
            10.0 / (1 + index * index),
        ])
    return bodies


def advance(bodies, pairs, dt, steps):
    for _ in range(steps):
        for a, b in pairs:
            dx = a[0] - b[0]
            dy = a[1] - b[1]
            dz = a[2] - b[2]
            square = dx * dx + dy * dy + dz * dz
            force = dt / (square * sqrt(square))
            fa = a[6] * force
            fb = b[6] * force
            a[3] -= dx * fb
            a[4] -= dy * fb
            a[5] -= dz * fb
            b[3] += dx * fa
            b[4] += dy * fa
            b[5] += dz * fa
        for body in bodies:
            body[0] += dt * body[3]
            body[1] += dt * body[4]
            body[2] += dt * body[5]


def momentum(bodies):
    return tuple(
        sum(body[3 + axis] * body[6] for body in bodies) for axis in range(3))


def run():
    bodies = make_bodies()
    pairs = [(bodies[i], bodies[j]) for i in range(5) for j in range(i + 1, 5)]
    advance(bodies, pairs, 1e-4, STEPS)
    return tuple(round(value, 6) for value in momentum(bodies) + tuple(bodies[0][:3]))
