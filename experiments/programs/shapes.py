"""Virtual methods over a mixed list of classes: polymorphic and megamorphic call sites."""

KIND = "python"
EXPECTED = 9422840

PASSES = 1200


class Shape:
    sides = 0

    def __init__(self, size):
        self.size = size

    def area(self):
        return 0

    def grow(self, amount):
        self.size += amount
        if self.size > 60:
            self.size -= 55

    def describe(self):
        return self.area() * 10 + self.sides


class Square(Shape):
    sides = 4

    def area(self):
        return self.size * self.size


class Triangle(Shape):
    sides = 3

    def area(self):
        return self.size * self.size // 2


class Oblong(Square):
    def __init__(self, size, height):
        super().__init__(size)
        self.height = height

    def area(self):
        return self.size * self.height


class Cube(Square):
    def area(self):
        return 6 * super().area()

    def grow(self, amount):
        self.size = (self.size + amount) % 20


class Dot(Shape):
    def grow(self, amount):
        pass


class Hexagon(Shape):
    sides = 6

    def area(self):
        return 26 * self.size * self.size // 10


def run():
    shapes = []
    for index in range(48):
        shapes += [Square(index), Triangle(index + 1), Oblong(index, 3),
                   Cube(index % 7), Dot(1), Hexagon(index)]
    total = 0
    for turn in range(PASSES):
        for shape in shapes:
            shape.grow(turn % 5)
            total = (total + shape.describe()) & 0xFFFFFF
    return total
