"""Comparisons: chains, rich results that are not booleans, identity, containment."""
import sys
import traceback


class Loud:
    def __init__(self, name, answers=()):
        self.name = name
        self.answers = dict(answers)

    def __repr__(self):
        return self.name

    def _compare(self, op, other):
        print(f"{self} {op} {other}")
        return self.answers.get(op, NotImplemented)

    def __lt__(self, other):
        return self._compare("<", other)

    def __gt__(self, other):
        return self._compare(">", other)

    def __le__(self, other):
        return self._compare("<=", other)

    def __ge__(self, other):
        return self._compare(">=", other)

    def __eq__(self, other):
        return self._compare("==", other)

    def __ne__(self, other):
        return self._compare("!=", other)

    __hash__ = None


class NoBool:
    def __repr__(self):
        return "NoBool()"

    def __bool__(self):
        raise ValueError("no truth value")


class BadBool:
    def __bool__(self):
        return 2


class Sized:
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n


def show(function, *args):
    try:
        print("->", function(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


a = Loud("a", {"<": [], "==": "equal", ">": [1], "<=": 0})
b = Loud("b")
none = NoBool()
refuse = Loud("refuse", {"<": none, "==": none})

show(lambda: a < b)
show(lambda: a > b > a)
show(lambda: b < a)
show(lambda: b >= a)
show(lambda: b < 1)
show(lambda: 1 < b)
show(lambda: b == 1)
show(lambda: b != 1)
show(lambda: a == b)
show(lambda: a <= b <= a)
show(lambda: refuse < b)
show(lambda: refuse < b < a)
show(lambda: "yes" if refuse == b else "no")
show(lambda: not refuse == b)


def branch(x, y):
    if x < y:
        return "then"
    return "else"


def loop(x, y):
    n = 0
    while x < y:
        x += 1
        n += 1
    return n


show(branch, a, b)
show(branch, refuse, b)
show(branch, BadBool(), BadBool())
show(branch, 1, 1.5)
show(branch, "a", "b")
show(branch, (1, 2), (1, 3))
show(branch, 1, "1")
show(branch, 2**70, 2**71)
show(branch, float("nan"), 1.0)
show(loop, 0, 10)
show(loop, 0.5, 3)
show(loop, 0, 2.5)


def truth(value):
    first = "T" if value else "F"
    second = "F" if not value else "T"
    third = bool(value and True)
    return first, second, third, not value


for value in (0, 1, -1, 0.0, -0.0, "", "x", (), (0,), [], None, True, False, Sized(0), Sized(3), 0j, 2**65, ...):
    print(truth(value))
show(truth, none)
show(truth, BadBool())
show(truth, Sized(-1))

nan = float("nan")
print(nan == nan, nan != nan, nan < nan, nan >= nan, nan is nan, nan in [nan], [nan] == [nan])
print(1 == 1.0 == True, 0 < 0.5 <= 1 != 2 > 1 >= 1, 1 < 2 > 3, 3 > 2 == 2)
print(1 in (1, 2), 3 not in (1, 2), "b" in "abc", 2 in {2: 0}, 5 in range(0, 10, 5), 4 in iter([1, 4]))
show(lambda: 1 in 2)
show(lambda: 1 in "12")
show(lambda: [] in {1: 2})


class Contains:
    def __contains__(self, item):
        print("contains", item)
        return "non-empty" if item else []


class OldIter:
    def __getitem__(self, index):
        if index > 3:
            raise IndexError
        return index * 2


print(1 in Contains(), 0 in Contains(), 1 not in Contains(), 4 in OldIter(), 5 in OldIter())
print(10**20 == 10**20 + 0, -5 < -4, 1 << 31 > 1 << 30, -(1 << 63) < (1 << 63), 2**53 + 1 > float(2**53))
