"""Gravity among five bodies, each body an object with float attributes."""

from math import sqrt

KIND = "python"
EXPECTED = 14.1429756

STEPS = 17000


class Body:
    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz = vx, vy, vz
        self.mass = mass

    def attract(self, other, dt):
        dx = self.x - other.x
        dy = self.y - other.y
        dz = self.z - other.z
        square = dx * dx + dy * dy + dz * dz
        force = dt / (square * sqrt(square))
        self.push(dx, dy, dz, -force * other.mass)
        other.push(dx, dy, dz, force * self.mass)

    def push(self, dx, dy, dz, factor):
        self.vx += dx * factor
        self.vy += dy * factor
        self.vz += dz * factor

    def move(self, dt):
        self.x += dt * self.vx
        self.y += dt * self.vy
        self.z += dt * self.vz

    def energy(self):
        return 0.5 * self.mass * (self.vx ** 2 + self.vy ** 2 + self.vz ** 2)


def run():
    bodies = [
        Body(3.0 * i - 6.0, 1.0 + i % 3, 0.25 * i, 0.1 * i, -0.2 * i, 0.3, 8.0 / (i + 1))
        for i in range(5)
    ]
    for _ in range(STEPS):
        for i, body in enumerate(bodies):
            for other in bodies[i + 1:]:
                body.attract(other, 1e-4)
        for body in bodies:
            body.move(1e-4)
    return round(sum(body.energy() for body in bodies), 8)
