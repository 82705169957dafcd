"""Floats, mixed operands, subclasses of numbers, reflected and in-place methods."""
import sys
import traceback
import decimal
import fractions

inf, nan = float("inf"), float("nan")
VALUES = [0, 1, -3, 2**53 + 1, 2**70, 0.0, -0.0, 1.5, -2.5, 1e308, 5e-324, inf, -inf, nan, True, 1 + 2j]


def attempt(f, a, b):
    try:
        return repr(f(a, b))
    except Exception as e:
        return f"{type(e).__name__}: {e}"


OPS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b if abs(b) < 100 else None,
    "<": lambda a, b: a < b,
    "==": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
}
for name, f in OPS.items():
    for a in VALUES:
        print(name, repr(a), *[attempt(f, a, b) for b in VALUES], sep=" | ")


class MyInt(int):
    def __add__(self, other):
        return f"MyInt.__add__({int(self)}, {other})"

    def __radd__(self, other):
        return f"MyInt.__radd__({int(self)}, {other})"


class QuietInt(int):
    pass


class MyFloat(float):
    def __mul__(self, other):
        return NotImplemented

    def __rsub__(self, other):
        return "MyFloat.__rsub__"


class Left:
    def __add__(self, other):
        print("Left.__add__")
        return NotImplemented

    def __iadd__(self, other):
        print("Left.__iadd__")
        return NotImplemented


class Right:
    def __radd__(self, other):
        print("Right.__radd__")
        return "right"


class SubLeft(Left):
    def __radd__(self, other):
        print("SubLeft.__radd__")
        return "subleft"


class OnlyI:
    def __init__(self):
        self.log = []

    def __iadd__(self, other):
        self.log.append(other)
        return self

    def __imatmul__(self, other):
        return "matmul"


def show(f, *args):
    try:
        print("->", f(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


plus = OPS["+"]
for pair in ((MyInt(1), 2), (2, MyInt(1)), (QuietInt(1), 2), (MyInt(1), 1.5), (1.5, MyInt(1)), (MyFloat(2), 3), (MyFloat(1), MyInt(1))):
    show(plus, *pair)
show(OPS["*"], MyFloat(2), 3)
show(OPS["*"], 3, MyFloat(2))
show(OPS["-"], 3.0, MyFloat(2))
show(plus, Left(), Right())
show(plus, Left(), Left())
show(plus, Left(), SubLeft())
show(plus, 1, Right())
show(plus, Right(), 1)
show(plus, [1], (2,))
show(plus, "a", 1)
show(plus, 1, "a")
show(plus, b"a", "a")


def inplace(a, b):
    a += b
    return a


show(inplace, Left(), Right())
show(inplace, Left(), 5)
show(lambda: inplace(inplace(OnlyI(), 1), 2).log)
a = alias = [1]
a += "bc"
a *= 2
print(a, alias is a)
a = alias = (1,)
a += (2,)
print(a, alias)
a = alias = {1}
a |= {2}
a -= {1}
a ^= {3}
print(a, alias is a)
a = OnlyI()
a @= 1
print(a)
a = "s"
a += "t"
a *= 3
a %= ()
print(a)
show(inplace, [1], 5)
show(inplace, None, 1)


def hot_types(n):
    values = [1, 2.5, 2**40, True, QuietInt(3), fractions.Fraction(1, 2), 1j, decimal.Decimal(3)]
    out = []
    for i in range(n):
        v = values[i // (n // len(values))]
        w = v + 1
        w = w * 2
        w -= 1
        if i % (n // len(values)) == 0:
            out.append(w)
    return out


print(hot_types(800))


def floats(n):
    x = 0.0
    y = 1.0
    for i in range(n):
        x = x * 0.5 + y / (i + 1)
        y = -y
        if x > 1e10:
            x = 0.0
    return x


print(floats(1000), sum([0.1] * 10), 0.1 + 0.2, 1e16 + 1 - 1e16, round(2.5), round(-3.5), round(2.675, 2), int(-2.9), 5 // 0.3, -5 % 0.3, divmod(-7.5, 2))


# --- Ints and bools -----------------------------------------------------------


def operators(op):
    namespace = {}
    exec(f"def plain(a, b):\n    return a {op} b\ndef in_place(a, b):\n    a {op}= b\n    return a", namespace)
    return namespace["plain"], namespace["in_place"]


for op in ("+", "-", "*", "//", "%", "/", "&", "|", "^", "<<", ">>", "**"):
    both = operators(op)
    for _ in range(40):
        for function in both:
            function(3, True)
    for a, b in ((3, True), (True, 3), (3, False), (False, 3), (2**70, True), (True, True), (-5, True), (True, -5)):
        for function in both:
            try:
                result = function(a, b)
                print(op, a, b, repr(result), type(result).__name__)
            except Exception as error:
                print(op, a, b, type(error).__name__, error)
