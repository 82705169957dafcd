"""Dataclasses made, compared, ordered, hashed and replaced."""

from dataclasses import dataclass, field, replace

KIND = "python"
EXPECTED = (32000, 'shelf-5', 3333.75, 498, True)

ITEMS = 32000


@dataclass(frozen=True, order=True)
class Part:
    number: int
    name: str
    weight: float = 1.0


@dataclass
class Shelf:
    label: str
    parts: list = field(default_factory=list)
    moves: int = 0

    def put(self, part):
        self.parts.append(part)
        self.moves += 1

    @property
    def load(self):
        return sum(part.weight * part.number for part in self.parts)


def run():
    shelves = [Shelf("shelf-%d" % index) for index in range(12)]
    for index in range(ITEMS):
        part = Part(index * 37 % 499, "part%d" % (index % 40), 0.5 + index % 3)
        shelves[index % 12].put(part)
    distinct = {part for shelf in shelves for part in shelf.parts}
    heaviest = max(shelves, key=lambda shelf: shelf.load)
    lighter = [replace(part, weight=part.weight / 2) for part in heaviest.parts]
    ordered = sorted(distinct)
    weight = round(sum(part.weight for part in lighter), 3)
    return len(distinct), heaviest.label, weight, ordered[-1].number, ordered[0] == min(distinct)
