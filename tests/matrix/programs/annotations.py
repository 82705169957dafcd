"""Annotations, type hints, dataclasses, named tuples, enums."""
import dataclasses
import enum
import sys
import traceback
import typing
from dataclasses import dataclass, field

x: int = 1
y: "forward"
(z): float = 2.0
print(__annotations__)
__annotations__["added"] = 1


def f(a: int, b: "str" = "d", *args: float, c: list[int], **kw: dict) -> None:
    local: int = 5
    unset: str
    return local


print(f.__annotations__, f(1, c=[]), f.__code__.co_varnames)


def unset():
    value: int
    try:
        return value
    except UnboundLocalError as e:
        return str(e)


print(unset())


class C:
    a: int
    b: str = "b"
    items: list = []
    items[0:0]: int = [1]
    self_reference: "C"

    def m(self, v: b) -> b:
        self.attr: int = v
        self.never: str


print(C.__annotations__, C.m.__annotations__, C.items, typing.get_type_hints(C)["self_reference"] is C)
try:
    pass
    missing_object.attribute: int
except NameError as e:
    print(e)
del __annotations__
try:
    exec("q: int = 1", globals())
    print(q, __annotations__)
except NameError as e:
    print(e)


def evaluation():
    print("annotations are evaluated")
    return int


def g(a: evaluation()) -> evaluation():
    b: print("never printed")


exec("from __future__ import annotations\ndef h(a: not_defined) -> also_not: pass\nprint(h.__annotations__)\nclass K:\n    v: undefined_name\nprint(K.__annotations__)")


@dataclass(order=True)
class Point:
    x: int
    y: int = 0
    tags: list = field(default_factory=list, compare=False)

    def __post_init__(self):
        self.total = self.x + self.y


@dataclass(frozen=True, slots=True)
class Frozen:
    name: str
    n: int = field(default=3, kw_only=True)


@dataclass
class Child(Point):
    z: int = 9


p = Point(1, 2)
print(p, p == Point(1, 2), p < Point(1, 3), p.total, Point(5), Child(1, 2, z=4), dataclasses.asdict(Child(1)))
print(dataclasses.replace(p, y=10), Frozen("a"), hash(Frozen("a")) == hash(Frozen("a")), [f.name for f in dataclasses.fields(Child)])
for attempt in (lambda: Point(), lambda: setattr(Frozen("a"), "name", "b"), lambda: Frozen("a", 4), lambda: Point(1, q=2), lambda: p < 5):
    try:
        attempt()
    except Exception as e:
        print(type(e).__name__, e)
match p:
    case Point(x, y=yy):
        print("matched", x, yy)


class Pair(typing.NamedTuple):
    left: int
    right: str = "r"

    def both(self):
        return f"{self.left}{self.right}"


print(Pair(1), Pair(1, "x").both(), Pair(2)._replace(right="z"), Pair._fields, Pair(1) < Pair(2))
a, b = Pair(3)
print(a, b, Pair(7).left + 1)


class Color(enum.Enum):
    RED = 1
    GREEN = 2
    ALIAS = 1

    def describe(self):
        return f"{self.name}={self.value}"

    @classmethod
    def default(cls):
        return cls.RED


class Flag(enum.Flag):
    A = enum.auto()
    B = enum.auto()
    C = A | B


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


class Text(enum.StrEnum):
    HELLO = enum.auto()


print(list(Color), Color.RED is Color.ALIAS, Color(2), Color["GREEN"], Color.RED.describe(), Color.default(), Color.RED in {Color.RED: 1})
print(Flag.A | Flag.B, Flag.C & Flag.A, ~Flag.A, list(Flag.C), Number.ONE + Number.TWO, Number.TWO > 1, sorted(Number, reverse=True), f"{Text.HELLO}")
for attempt in (lambda: Color(9), lambda: Color["X"], lambda: setattr(Color, "RED", 5), lambda: Color.RED < Color.GREEN):
    try:
        attempt()
    except Exception as e:
        print(type(e).__name__, e)


class TD(typing.TypedDict, total=False):
    key: int


T = typing.TypeVar("T")


class Generic(typing.Generic[T]):
    def get(self) -> T:
        return 1


print(TD(key=1), Generic[int]().get(), Generic[int], typing.Optional[int], int | None, isinstance(1, int | str), list[int] == list[int])


class Proto(typing.Protocol):
    def get(self): ...


print(isinstance(Generic(), typing.runtime_checkable(Proto)))
