"""match: every kind of pattern, guards, binding on failure, errors."""
import collections
import enum
import sys
import traceback


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


class Sub(Point):
    pass


class NoArgs:
    a = 1


class MySeq(collections.abc.Sequence):
    def __init__(self, *items):
        self.items = items

    def __len__(self):
        print("len")
        return len(self.items)

    def __getitem__(self, index):
        print("item", index)
        return self.items[index]


class MyMap(collections.abc.Mapping):
    def __getitem__(self, key):
        return {"k": 1}[key]

    def __iter__(self):
        return iter("k")

    def __len__(self):
        return 1

    def get(self, key, default=None):
        print("get", key)
        return super().get(key, default)


def classify(v):
    match v:
        case 0 | 1 | -1:
            return "small"
        case 2.5 | 1 + 2j | -3j:
            return "number"
        case None:
            return "none"
        case True | False:
            return "bool"
        case "text" | b"bytes":
            return "literal"
        case Color.RED:
            return "red"
        case str() as s if len(s) > 10:
            return f"long {s[:3]}"
        case str(s):
            return f"str {s}"
        case int(n) | float(n) if n > 100:
            return f"big {n}"
        case []:
            return "empty"
        case [x]:
            return f"one {x}"
        case [x, (y, z)]:
            return f"nested {x} {y} {z}"
        case [first, *_, last] if first == last:
            return f"same ends {first}"
        case [1, *rest]:
            return f"one and {rest}"
        case [*rest, 9]:
            return f"{rest} and nine"
        case [a, b, *rest, c, d]:
            return f"{a} {b} {rest} {c} {d}"
        case {"kind": "a", "value": v}:
            return f"a-map {v}"
        case {"kind": kind, **rest}:
            return f"map {kind} {rest}"
        case {Color.BLUE: x}:
            return f"blue key {x}"
        case {}:
            return "some map"
        case Point(0, 0):
            return "origin"
        case Point(x, y=0):
            return f"x axis {x}"
        case Sub(x=xx) as sub:
            return f"sub {xx} {sub.y}"
        case Point(x=[a, b], y={"k": k}):
            return f"deep {a} {b} {k}"
        case Point():
            return "a point"
        case NoArgs(a=1):
            return "no args"
        case (list() | tuple()) as seq:
            return f"seq {len(seq)}"
        case dict.nothing:
            return "never"
        case _:
            return "other"


values = [0, 1, True, -1, False, 2.5, 1 + 2j, -3j, None, "text", b"bytes", Color.RED, "a long string here", "s", 101, 101.5, [], [5], (5,), [1, (2, 3)], [7, 8, 7], [1, 2, 3], [4, 5, 9], [4, 5, 6, 7, 8], (4, 5), {"kind": "a", "value": 3}, {"kind": "b", "z": 1}, {Color.BLUE: 1}, {}, {"q": 1}, Point(0, 0), Point(3, 0), Sub(3, 4), Point([1, 2], {"k": 5}), Point(1, 2), NoArgs(), collections.deque([5]), MyMap(), range(3), bytearray(b"x"), {1, 2}]
for value in values:
    try:
        print(type(value).__name__, classify(value))
    except Exception as error:
        print(type(value).__name__, repr(error))


def sequences(v):
    match v:
        case [1, 2, *_]:
            return "12"
        case [_, _, x]:
            return x
        case (_, _):
            return "two"


print(sequences(MySeq(1, 2, 3)), sequences(MySeq(0, 0, 3)), sequences(MySeq(1, 1)), sequences("ab"))


def mappings(v):
    match v:
        case {"k": 1, "z": _}:
            return "both"
        case {"k": x, **rest}:
            return x, rest


print(mappings(MyMap()), mappings(collections.defaultdict(list, k=4)))


def leaves_bindings(v):
    match v:
        case [a, b, 3]:
            pass
        case _ if (g := "guard") and False:
            pass
    return locals()


print(leaves_bindings([1, 2, 4]), leaves_bindings([1, 2, 3]))


def show(function):
    try:
        print(function())
    except Exception:
        traceback.print_exc(file=sys.stdout)


class BadArgs:
    __match_args__ = "x"


class BadItem:
    __match_args__ = (1,)


class Dup:
    __match_args__ = ("x", "x")
    x = 1


class Raises:
    __match_args__ = ("x",)

    @property
    def x(self):
        raise KeyError("property")


def too_many():
    match Point(1, 2):
        case Point(1, 2, 3):
            pass


def too_many_int():
    match 5:
        case int(1, 2):
            pass


def bad_args():
    match BadArgs():
        case BadArgs(1):
            pass


def bad_item():
    match BadItem():
        case BadItem(1):
            pass


def duplicate():
    match Dup():
        case Dup(1, 1):
            pass


def duplicate_keyword():
    match Point(1, 2):
        case Point(1, x=1):
            pass


def raising_property():
    match Raises():
        case Raises(1):
            pass


def not_a_class():
    thing = 5
    match 5:
        case thing():
            pass


def no_match_args():
    match NoArgs():
        case NoArgs(1):
            pass


def duplicate_keys():
    class K:
        a = "same"
        b = "same"

    match {"same": 1}:
        case {K.a: 1, K.b: 1}:
            pass


def missing_value():
    match 1:
        case Color.GREEN:
            pass


for case in (too_many, too_many_int, bad_args, bad_item, duplicate, duplicate_keyword, raising_property, not_a_class, no_match_args, duplicate_keys, missing_value):
    show(case)
