"""Spheres over a chequered floor with mirror reflections: many small float objects."""

from math import sqrt

KIND = "python"
EXPECTED = 2990.256475

WIDTH, HEIGHT, BOUNCES = 112, 78, 3


class Point:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y, self.z + other.z)

    def minus(self, other):
        return Point(self.x - other.x, self.y - other.y, self.z - other.z)

    def times(self, factor):
        return Point(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self):
        return self.times(1.0 / sqrt(self.dot(self)))

    def mirrored(self, normal):
        return self.minus(normal.times(2.0 * self.dot(normal)))


class Sphere:
    mirror = 0.4

    def __init__(self, centre, radius, shade):
        self.centre = centre
        self.radius = radius
        self.shade = shade

    def hit(self, origin, direction):
        to_centre = self.centre.minus(origin)
        along = to_centre.dot(direction)
        inside = self.radius ** 2 - to_centre.dot(to_centre) + along * along
        if inside < 0.0:
            return None
        distance = along - sqrt(inside)
        return distance if distance > 1e-4 else None

    def normal(self, point):
        return point.minus(self.centre).unit()

    def shade_at(self, point):
        return self.shade


class Floor:
    mirror = 0.15

    def hit(self, origin, direction):
        if direction.y > -1e-6:
            return None
        distance = -origin.y / direction.y
        return distance if distance > 1e-4 else None

    def normal(self, point):
        return Point(0.0, 1.0, 0.0)

    def shade_at(self, point):
        return 0.9 if (int(point.x // 1) + int(point.z // 1)) % 2 else 0.3


class Scene:
    def __init__(self):
        self.things = [Floor()]
        for index in range(5):
            self.things.append(Sphere(
                Point(index * 1.3 - 2.6, 0.6 + 0.2 * index, 4.0 + index % 3),
                0.55, 0.4 + 0.1 * index))
        self.light = Point(-4.0, 6.0, -2.0)

    def nearest(self, origin, direction):
        best, found = 1e30, None
        for thing in self.things:
            distance = thing.hit(origin, direction)
            if distance is not None and distance < best:
                best, found = distance, thing
        return best, found

    def brightness(self, origin, direction, depth):
        distance, thing = self.nearest(origin, direction)
        if thing is None:
            return 0.2 + 0.3 * max(direction.y, 0.0)
        point = origin.plus(direction.times(distance))
        normal = thing.normal(point)
        to_light = self.light.minus(point).unit()
        light = 0.1
        if self.nearest(point, to_light)[1] is None:
            light += 0.9 * max(normal.dot(to_light), 0.0)
        result = light * thing.shade_at(point)
        if depth:
            bounced = direction.mirrored(normal)
            result += thing.mirror * self.brightness(point, bounced, depth - 1)
        return result


def run():
    scene = Scene()
    eye = Point(0.0, 1.5, -3.0)
    total = 0.0
    for row in range(HEIGHT):
        for column in range(WIDTH):
            ray = Point(2.0 * column / WIDTH - 1.0, 0.7 - 1.4 * row / HEIGHT, 1.5)
            total += scene.brightness(eye, ray.unit(), BOUNCES)
    return round(total, 6)
