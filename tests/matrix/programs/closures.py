"""Cells: nonlocal, deletion, sharing, class cells, comprehensions."""
import sys
import traceback


def counter():
    n = 0

    def up(by=1):
        nonlocal n
        n += by
        return n

    def get():
        return n

    def reset():
        nonlocal n
        del n

    return up, get, reset


up, get, reset = counter()
print(up(), up(5), get())
reset()
for f in (get, up, reset):
    try:
        f()
    except NameError as e:
        print(type(e).__name__, e)
print(up.__code__.co_freevars, counter.__code__.co_cellvars, len(up.__closure__))
up.__closure__[0].cell_contents = 40
print(up(2), get())


def argument_cells(a, b=2, *args, c, **kw):
    def inner():
        return a, b, args, c, kw

    a = a + 1
    return inner


print(argument_cells(1, 2, 3, c=4, d=5)(), argument_cells(1, c=0)())


def late_binding():
    return [lambda: i for i in range(3)], [lambda i=i: i for i in range(3)]


late, early = late_binding()
print([f() for f in late], [f() for f in early])


def loop_cell():
    out = []
    for i in range(3):
        def f():
            return i
        out.append(f)
    del i
    return out


try:
    loop_cell()[0]()
except NameError:
    traceback.print_exc(file=sys.stdout)


def deep():
    a = 1

    def middle():
        b = 2

        def inner():
            nonlocal a, b
            a, b = b, a
            return a, b

        return inner, lambda: (a, b)

    return middle()


inner, look = deep()
print(inner(), look(), inner(), look())


def recursive(n):
    def fact(k):
        return 1 if k < 2 else k * fact(k - 1)

    return fact(n)


print(recursive(20))


class Base:
    def who(self):
        return "base"

    @classmethod
    def make(cls):
        return cls.__name__


class Derived(Base):
    x = "class x"

    def who(self):
        return "derived+" + super().who() + "+" + __class__.__name__

    @classmethod
    def make(cls):
        return "made " + super().make()

    def nested(self):
        return [super(Derived, s).who() for s in [self]], (lambda: __class__)()

    def rebound(self):
        self = 5
        try:
            super().who()
        except TypeError as e:
            return str(e)

    def deleted(self):
        del self
        try:
            super()
        except RuntimeError as e:
            return str(e)

    @staticmethod
    def none():
        try:
            super()
        except RuntimeError as e:
            return str(e)

    def celled_self(self):
        f = lambda: self
        return super().who(), f() is self


d = Derived()
print(d.who(), Derived.make(), d.nested(), d.rebound(), d.deleted(), Derived.none(), d.celled_self())


def plain():
    try:
        super()
    except RuntimeError as e:
        return str(e)


print(plain())


def class_in_function(x):
    y = "outer y"

    class C:
        before = x
        x = x + "!"
        after = x
        y = y + " then class y"

        def method(self):
            return x, y, __class__.__name__

        values = [y for _ in range(1)]

    return C.before, C.x, C.after, C.values, C().method()


try:
    print(class_in_function("arg"))
except NameError as e:
    print(type(e).__name__, e)


def class_free(x, z="z"):
    class C:
        a = x
        b = z
        locals()["z"] = "from locals"
        c = z

        def get(self):
            return x, z

    return C.a, C.b, C.c, C().get()


print(class_free("arg"))


def class_del():
    x = 1

    class C:
        nonlocal x
        x = 2
        del x

    return lambda: x


try:
    class_del()()
except NameError as e:
    print(type(e).__name__, e)


def generator_cells():
    total = 0

    def gen():
        nonlocal total
        while True:
            total += yield total

    return gen(), lambda: total


g, total = generator_cells()
next(g)
print([g.send(i) for i in range(5)], total())


def comprehension_cells(n):
    fs = [lambda: (i, j, n) for i in range(2) for j in range(2)]
    return [f() for f in fs], {k: (lambda: k)() for k in range(n)}


print(comprehension_cells(3))
EMPTY = type(up.__closure__[0])()
try:
    EMPTY.cell_contents
except ValueError as e:
    print(e)
print(EMPTY == type(EMPTY)(), type(EMPTY)(1) < type(EMPTY)(2))
