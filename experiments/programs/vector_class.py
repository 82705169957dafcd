"""A small vector class with operator methods: short-lived objects."""

KIND = "python"
EXPECTED = (0.443446, 0.828229, 0)

STEPS = 40000


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __abs__(self):
        return (self.x * self.x + self.y * self.y) ** 0.5

    def turned(self):
        return Vector(-self.y, self.x)


def run():
    position, speed = Vector(1.0, 0.5), Vector(0.0, 1.0)
    home, collisions = Vector(0.0, 0.0), 0
    for _ in range(STEPS):
        pull = (home - position) * (0.5 / (0.01 + abs(position)))
        speed = speed + (pull + speed.turned() * 0.1) * 0.001
        position = position + speed * 0.001
        if position == home or abs(position) > 3.0:
            collisions += 1
            speed = -speed
    return round(position.x, 6), round(position.y, 6), collisions
