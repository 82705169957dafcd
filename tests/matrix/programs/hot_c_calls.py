"""C functions, built-in types, min and max, called often enough to be specialised, then with other things."""
import math
import sys


def attempt(call, *args):
    try:
        return call(*args)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


class Text(str):
    def __str__(self):
        return "Text!"

    def upper(self):
        return "UP"


class Odd:
    def __lt__(self, other):
        raise LookupError("no order")

    __gt__ = __lt__

    def __len__(self):
        return 7

    def __index__(self):
        return 3

    def __float__(self):
        return 2.5


def types_of(value):
    return [str(value), bool(value), type(value).__name__]


def extremes(a, b):
    return min(a, b), max(a, b), min(b, a, b), max(a, b, a), max(a, a), min(b, b)


def methods(text):
    return text.upper(), text.split(","), text.startswith("a"), text.find("b"), text.strip()


def functions(x):
    return math.sqrt(x), math.floor(x), abs(x), ord("a"), chr(97), divmod(x, 2), hash(x), round(x)


def shadowed(n):
    out = []
    for i in range(n):
        out.append(len("abc"))
        out.append(min(i, 2))
    return out


def counts():
    own = object()
    other = own
    return sys.getrefcount(own), sys.getrefcount([]), other is own


for _ in range(4):
    print(counts())
    for value in (1, 2.5, "x", Text("t"), None, (), [1], b"q"):
        print(types_of(value))
    for pair in ((1, 2), (2.5, 1.5), (1, 1.0), ("b", "a"), (2**70, 1), (True, 0), (math.nan, 1.0), ([2], [1])):
        print(extremes(*pair))
    print(attempt(extremes, 1, "a"), attempt(extremes, Odd(), Odd()))
    print(methods("a,b"), methods("é,b"), methods(Text("a,b")))
    print(attempt(methods, 3), attempt(methods, b"a"))
    print(functions(2), functions(2.5), functions(2**60), attempt(functions, "a"), attempt(functions, -1))
    print(int("12"), int(2.9), int(Odd()), float("1e3"), float(Odd()), attempt(int, "z"), attempt(float, None))
    print(list("ab"), tuple([1]), set([1, 1]), frozenset("a"), list(range(3)), list(range(5, 1, -2)), dict(a=1))
    print(attempt(list, 3), attempt(range, "a"), attempt(int, "1", 2, 3), attempt(len, 3), attempt(bool, 1, 2))

print(shadowed(3))
len_of, min_of = len, min
len = lambda o: "shadow"
min = lambda *a: "least"
print(shadowed(3))
del len, min
print(shadowed(3))


class Holder:
    pass


holder = Holder()
for function in (len_of, abs, lambda x: "python", math.floor, str, Odd().__lt__, [].append, print):
    holder.call = function
    for argument in ("abc", -3):
        print(attempt(holder.call, argument))


def formatted(a, b):
    return f"{a:5d}|{b:.2f}|{a!r:>6}|{b:{a}}|{a:,}|{'s':^5}|{a:}|"


for a, b in ((7, 2.0), (12, 1e10), (True, 3.5)):
    print(formatted(a, b))
print(attempt(formatted, 3, "x"), attempt(formatted, "x", 3))


class Manager:
    entered = 0

    def __enter__(self):
        Manager.entered += 1
        return self

    def __exit__(self, *exc):
        return exc[0] is KeyError


class Static(Manager):
    @staticmethod
    def __enter__():
        return "static"


class Broken:
    __enter__ = None


for manager in (Manager(), Static(), Manager()):
    for _ in range(3):
        with manager as got:
            print(got if isinstance(got, str) else Manager.entered)
        with manager:
            raise KeyError
for manager in (Broken(), Odd()):
    try:
        with manager:
            pass
    except TypeError as error:
        print(type(error).__name__, error)
