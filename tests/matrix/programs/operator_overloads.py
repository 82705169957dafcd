"""Every special method for operators, with its reflection and in-place form."""

BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%",
    "pow": "**", "lshift": "<<", "rshift": ">>", "and": "&", "or": "|", "xor": "^", "matmul": "@",
}


def method(tag):
    def f(self, *args):
        return f"{type(self).__name__}.{tag}({', '.join(type(a).__name__ for a in args)})"

    return f


def refuse(self, other):
    return NotImplemented


Full = type("Full", (), {f"__{p}{n}__": method(f"{p}{n}") for n in BINARY for p in ("", "r", "i")})
Left = type("Left", (), {f"__{n}__": method(n) for n in BINARY})
Right = type("Right", (), {f"__r{n}__": method(f"r{n}") for n in BINARY})
Refuse = type("Refuse", (), {f"__{p}{n}__": refuse for n in BINARY for p in ("", "r", "i")})
SubLeft = type("SubLeft", (Left,), {f"__r{n}__": method(f"r{n}") for n in BINARY})
Nothing = type("Nothing", (), {})

functions = {}
for name, op in BINARY.items():
    exec(f"def {name}_(a, b): return a {op} b\ndef i{name}_(a, b):\n    a {op}= b\n    return a", functions)


def attempt(f, a, b):
    try:
        return f(a, b)
    except TypeError as e:
        return str(e)


kinds = (Full, Left, Right, Refuse, SubLeft, Nothing)
for name in BINARY:
    for prefix in ("", "i"):
        f = functions[f"{prefix}{name}_"]
        print(prefix + name, len({attempt(f, a(), b()) for a in kinds for b in kinds}))
        for a, b in ((Full, Left), (Left, Right), (Right, Left), (Refuse, Right), (Left, SubLeft), (Refuse, Refuse), (Nothing, Nothing)):
            print("   ", attempt(f, a(), b()))
        print("   ", attempt(f, 5, Right()), "|", attempt(f, Right(), 5), "|", attempt(f, Nothing(), 5), "|", attempt(f, None, None))


class Unary:
    __neg__, __pos__, __invert__, __abs__ = (method(n) for n in ("neg", "pos", "invert", "abs"))
    __int__ = lambda self: 7
    __float__ = lambda self: 7.5
    __index__ = lambda self: 3
    __round__ = method("round")
    __complex__ = lambda self: 1j
    __trunc__ = lambda self: 2
    __divmod__ = method("divmod")
    __len__ = lambda self: 4
    __bool__ = lambda self: False
    __contains__ = lambda self, x: x
    __reversed__ = lambda self: iter("reversed")
    __missing__ = None
    __bytes__ = lambda self: b"bytes"
    __hash__ = lambda self: 99
    __dir__ = lambda self: ["b", "a"]
    __sizeof__ = lambda self: 100
    __length_hint__ = lambda self: 5


u = Unary()
print(-u, +u, ~u, abs(u), int(u), float(u), [0, 1, 2, 3][u], round(u), round(u, 2), complex(u), divmod(u, 1), len(u), bool(u), not u, 0 in u, 1 in u, list(reversed(u)), bytes(u), hash(u), dir(u), hex(u), range(5)[u:])
for bad in (lambda: -Nothing(), lambda: ~1.5, lambda: len(Nothing()), lambda: Nothing()[0], lambda: Nothing()(), lambda: iter(Nothing()), lambda: next(Nothing()), lambda: 1 in Nothing(), lambda: int(Nothing()), lambda: [1][Nothing()], lambda: pow(2, Nothing(), 3), lambda: divmod(Nothing(), 1), lambda: Nothing() < Nothing(), lambda: hash([]), lambda: reversed(Nothing()), lambda: round(Nothing())):
    try:
        print(bad())
    except TypeError as e:
        print(e)


class Rich:
    def __init__(self, v):
        self.v = v

    for n in ("lt", "le", "eq", "ne", "gt", "ge"):
        exec(f"def __{n}__(self, other): return ('{n}', self.v, getattr(other, 'v', other))")
    del n


a, b = Rich(1), Rich(2)
print(a < b, a <= 5, 5 < a, 5 >= a, a == b, a != 3, 3 == a, a > b > a, a in [b], [a].index(b))


class Counter:
    def __init__(self):
        self.n = 0

    def __iadd__(self, k):
        self.n += k
        return self

    def __call__(self, k=1):
        return self.n * k


c = Counter()
for i in range(100):
    c += i
print(c(), c(2), c(k=3))
Counter.__iadd__ = lambda self, k: "replaced"
c += 1
print(c)
int_like = type("int_like", (int,), {"__add__": lambda a, b: "added", "__eq__": lambda a, b: "eq", "__hash__": int.__hash__, "__bool__": lambda a: True, "__index__": lambda a: 1})
z = int_like(0)
print(z + 1, 1 + z, z == 0, 0 == z, bool(z), [10, 20][z], z - 1, "T" if z else "F", -z, z * 2, z < 1)
s = type("s", (str,), {"__add__": lambda a, b: "s.add", "__mod__": lambda a, b: "s.mod", "__eq__": lambda a, b: True, "__hash__": str.__hash__})("text")
print(s + "x", "x" + s, s % 1, s == "other", "other" == s, s * 2, s[0], s in ("q",))
l = type("l", (list,), {"__iadd__": lambda a, b: "l.iadd", "__getitem__": lambda a, i: "l.get", "__len__": lambda a: 0, "__iter__": lambda a: iter("it"), "__contains__": lambda a, x: True})([1])
print(l[0], len(l), bool(l), [*l], 99 in l, l + [2], [v for v in l])
l += [1]
print(l)
