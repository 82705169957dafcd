"""The order in which operands are read and stores happen."""


def note(tag, value=None):
    print("eval", tag)
    return value


def walrus(x):
    print(x + (x := 5))
    print((x := 7) + x)
    print(x - (x := 2) - x)
    print([x, (x := 3), x])
    print((x, (x := 4), x, (x := 5)))
    print({x: (x := 6), (x := 7): x})
    print({x, (x := 8), x})
    print(x < (x := 9) < x + 1)
    print(x == (x := 10) or x)
    print(f"{x} {(x := 11)} {x}")
    print("%s %s %s" % (x, (x := 12), x))


def f(*args, **kwargs):
    return args, kwargs


def calls(x):
    print(f(x, (x := 1), x))
    print(f(x, k=(x := 2), j=x))
    print(f(*[x, x], x, (x := 3), x))
    print(f(**{"a": x}, b=(x := 4), c=x))
    print(max(x, (x := 50), x))
    print([].__class__((x, (x := 6), x)))
    g = f
    print(g(g is f, (g := None), g))


class Box:
    def __init__(self, name):
        self.__dict__["name"] = name

    def __repr__(self):
        return f"Box({self.name})"

    def __setattr__(self, key, value):
        print(f"{self.name}.{key} = {value}")

    def __getitem__(self, key):
        print(f"{self.name}[{key}]")
        return 1

    def __setitem__(self, key, value):
        print(f"{self.name}[{key}] = {value}")

    def __delitem__(self, key):
        print(f"del {self.name}[{key}]")

    def method(self, *args):
        print(f"{self.name}.method{args}")
        return self


def targets(box):
    box.a = box[note("key")] = note("value", 3)
    box[note("k1", 1)], box[note("k2", 2)] = note("pair", (10, 20))
    box[note("k", "aug")] += note("rhs", 5)
    other = Box("other")
    box.method(box, (box := other)).method(box[0])
    box[box[note("inner")]] = note("outer", 9)
    del box[note("d1", 1)], box[note("d2", 2)]
    box[note("lo", 1) : note("hi", 2) : note("step", 3)] = note("slice", [])


def swaps(a, b, c, d):
    a, b = b, a
    print(a, b)
    a, b, c = c, a, b
    print(a, b, c)
    a, b, c, d = d, c, b, a
    print(a, b, c, d)
    a, a = b, c
    print(a)
    x = [1, 2, 3]
    i = 0
    i, x[i] = 2, 9
    print(i, x)
    x[0], x[1] = x[1], x[0]
    print(x)
    (a, b), c = (c, d), a
    print(a, b, c)


def keep_value(x):
    y = x
    x = x + [1]
    y += [2]
    print(x, y)
    t = (x, x := x * 2, x)
    print(t)
    for x in x:
        print(x, end=" ")
    print()


class Ordered:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        print(f"{self.n} < {other.n}")
        return self.n < other.n


walrus(1)
calls(0)
targets(Box("box"))
swaps(1, 2, 3, 4)
keep_value([0])
print(note("a", Ordered(1)) < note("b", Ordered(2)) < note("c", Ordered(3)))
print(note("a", Ordered(2)) < note("b", Ordered(1)) < note("c", Ordered(3)))
print(note("cond", 0) and note("right"), note("cond", 1) or note("right"))
print(note("then", 1) if note("test", True) else note("else"))
print({note("k1", 1): note("v1"), **note("more", {2: 3}), note("k2", 4): note("v2")})
print([*note("l1", [1]), note("item", 2), *note("l2", (3,))])


@note("outer decorator", lambda fn: fn)
@note("inner decorator", lambda fn: fn)
def decorated(a: note("annotation") = note("default", 1), *, b=note("kwdefault", 2)) -> note("return"):
    return a, b


print(decorated())


class Class(note("base", object), metaclass=note("meta", type)):
    attribute = note("class body", 1)
