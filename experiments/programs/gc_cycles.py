"""Doubly linked lists made and dropped: garbage in cycles, for the collector."""

KIND = "library"
EXPECTED = (4293900, 900)

RINGS, LENGTH = 9000, 24


class Link:
    __slots__ = ("before", "after", "value")

    def __init__(self, value):
        self.before = self.after = self
        self.value = value

    def insert(self, value):
        link = Link(value)
        link.before, link.after = self, self.after
        self.after.before = link
        self.after = link


def run():
    kept, total = [], 0
    for number in range(RINGS):
        ring = Link(number)
        for value in range(LENGTH):
            ring.insert(value)
        if number % 10 == 0:
            kept.append(ring)
    for ring in kept:
        link = ring.before
        while link is not ring:
            total += link.value
            link = link.before
        total += ring.value
    return total, len(kept)
