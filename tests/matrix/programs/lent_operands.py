"""Calls whose operands are borrowed, while what they call drops every other reference."""
import collections
import functools
import gc
import math
import operator


def attempt(call, *args):
    try:
        return call(*args)
    except Exception as error:
        return type(error).__name__, str(error)


class Evil:
    """Empties the list that holds it before it answers."""

    def __init__(self, box):
        self.box = box

    def answer(self, result):
        self.box.clear()
        gc.collect()
        return result

    def __index__(self):
        return self.answer(1)

    def __hash__(self):
        return self.answer(7)

    def __eq__(self, other):
        return self.answer(True)

    def __lt__(self, other):
        return self.answer(True)

    __gt__ = __lt__

    def __len__(self):
        return self.answer(3)

    def __str__(self):
        return self.answer("evil")

    def __iter__(self):
        return self.answer(iter([1, 2]))

    def __call__(self, *args):
        return self.answer(len(args))

    def __format__(self, spec):
        return self.answer(spec)


CALLS = [
    lambda box: min(box[0], box[1]),
    lambda box: max(box[0], box[1]),
    lambda box: str(box[0]),
    lambda box: len(box[0]),
    lambda box: list(box[0]),
    lambda box: tuple(box[0]),
    lambda box: range(box[0]),
    lambda box: box.index(box[0]),
    lambda box: box.count(box[1]),
    lambda box: box.insert(box[0], 3),
    lambda box: box.remove(box[1]),
    lambda box: box.append(str(box[0])),
    lambda box: operator.index(box[0]),
    lambda box: math.floor(box[0]),
    lambda box: isinstance(box[0], (Evil, int)),
    lambda box: {box[0]: 1, 7: 2},
    lambda box: set(box),
    lambda box: dict.fromkeys(box, 1),
    lambda box: sorted(box),
    lambda box: f"{box[0]:>{box[1].__index__()}}",
    lambda box: [x for x in box[0]],
    lambda box: [*box[0], *box],
    lambda box: box[0](*box),
    lambda box: (box[0] < box[1], box),
]


def fill(box):
    box += [Evil(box), Evil(box), 3]
    return box


for number, call in enumerate(CALLS):
    results = []
    for _ in range(4):
        result = attempt(call, fill([]))
        results.append(type(result).__name__ if isinstance(result, (Evil, dict, set, list)) else result)
    print(number, results)


# --- Variables that the callee stores to ---------------------------------------

def while_sorting():
    x = [1, 2, 3]

    def key(value):
        nonlocal x
        x = None
        gc.collect()
        return -value

    return sorted(x, key=key), x


def while_looking_up():
    x = {"a": object}

    class Key:
        def __eq__(self, other):
            nonlocal x
            x = None
            gc.collect()
            return True

        def __hash__(self):
            return hash("a")

    return x.get(Key()), x


def while_converting():
    class Text(str):
        def __str__(self):
            nonlocal x
            x = None
            return "converted"

    x = Text("q" * 100)
    return str(x), x


def a_global():
    global shared
    shared = [[3], [2], [1]]

    def key(value):
        global shared
        shared = None
        gc.collect()
        return value

    return sorted(shared, key=key), shared


def reassigned():
    x = [1]
    a = max(x, (x := [0, 5]))
    b = min(x, (x := [7]), x)
    c = len(x) + (x := 3)
    grown = [1]
    grown.append((grown := [2]))
    d = math.gcd(x := 12, (x := 18), x)
    e = str(x) + str((x := "k")) + str(x)
    return a, b, c, grown, d, e


def unbound(again):
    out = []
    for _ in range(3):
        try:
            out.append(late)
            out.append(len(late))
        except UnboundLocalError as error:
            out.append(str(error))
        if again:
            late = "now"
    return out


for _ in range(4):
    print(while_sorting(), while_looking_up(), while_converting(), a_global())
    print(reassigned(), unbound(False), unbound(True))


# --- One call, many sorts of callables ------------------------------------------

class Appended(list):
    def append(self, value):
        list.append(self, ("own", value))


def append(to, value):
    to.append(value)
    return to


for _ in range(3):
    print(append([], 1), append(Appended(), 1), append(collections.deque(), 2), append(collections.UserList(), 3))
own = []
print(append(own, own))


def call(function, *args):
    return function(args[0]) if args else function()


CALLABLES = [
    len, str, list, type, "abc".upper, "abc".find, [3, 1].index, functools.partial(divmod, 7), dict,
    collections.Counter, callable,
    operator.itemgetter(0), operator.methodcaller("upper"), str.upper, str.__repr__, collections.OrderedDict,
    type("Meta", (type,), {"__call__": lambda cls, *args: ("meta", args)})("Made", (), {}), classmethod,
    staticmethod(len),
    (5).__add__, print, max, math.sqrt, math.hypot, vars, iter, next, property, super, Evil.__len__,
]
for _ in range(3):
    print([str(attempt(call, function, argument))[:40].partition(" at 0x")[0]
           for function in CALLABLES for argument in ("a", [1, 2], 3, None)])
    print([str(attempt(call, function))[:40].partition(" at 0x")[0] for function in CALLABLES])
