"""Rare instructions and forms: everything that ordinary code seldom reaches."""
import sys
import traceback
import types


def show(f, *a):
    try:
        print(f(*a))
    except BaseException as e:
        print(type(e).__name__, e)


def delete_forms():
    a = b = c = [1, 2, 3]
    d = {"k": {"j": 1}}
    del a, (b, [c]), d["k"]["j"]
    del (d)
    return sorted(locals())


def star_everything(*args, **kw):
    first, *rest = args
    return [*args, *rest], (*rest, first), {*args}, {**kw, "z": 0}, print(*rest, sep="|") or max(*args, *rest)


def big_displays():
    return [1, 2, 3, 4], (1, [2], 3), {1, 2, 3, 4}, {"a": 1, "b": 2, "c": 3}, [*(1, 2), *"ab"], {**{}, **{"x": 1}}


def build_const_map(a, b):
    return {"k1": a, "k2": b, "k3": a + b}, {a: 1, b: 2}, {f"{a}": b}


def conditional_lambda(n):
    return (lambda x=n: x if x > 0 else -x)(), (lambda *a: a and a[0])(n), (lambda: (yield n))().__next__()


def chained_assign():
    a = b, c = d = [1, 2]
    x = y = z = a[0]
    a[0] = a[1] = x = 5
    return a, b, c, d, x, y, z


def annotated_targets():
    box = types.SimpleNamespace()
    items = [0]
    box.attr: int = 1
    items[0]: "str" = 2
    (name): int = 3
    return box.attr, items, name


def nested_functions_cells():
    a, b = 1, 2

    class K:
        c = a

        def m(self, d=b):
            return a + b + d, __class__.__name__

        class Inner:
            e = b

            def n(self):
                return a, __class__.__qualname__

    return K().m(), K.Inner().n(), K.c


def try_else_finally(k):
    log = []
    for i in range(3):
        try:
            log.append(1 // (k - i))
        except ZeroDivisionError:
            log.append("zero")
            if i == 2:
                break
        else:
            log.append("else")
            if i == 1:
                continue
        finally:
            log.append("fin")
        log.append("end")
    else:
        log.append("loop else")
    return log


def while_true_try():
    n = 0
    while True:
        try:
            n += 1
            if n < 3:
                continue
            if n == 5:
                return n
        finally:
            n += 1
            if n > 20:
                break


def with_return_value():
    class M:
        def __enter__(self):
            return [1]

        def __exit__(self, *a):
            return True

    with M() as x:
        try:
            return x.pop() / 0
        finally:
            x.append("cleanup")
    return x


def yields():
    x = yield
    y = (yield x) or "none"
    z = [(yield), (yield y)]
    return (yield from iter(z))


def coroutine_forms():
    async def f(a):
        async with a as b:
            return [x async for x in b if await g(x)]

    async def g(x):
        return x > 1

    class A:
        async def __aenter__(self):
            async def gen():
                for i in range(4):
                    yield i

            return gen()

        async def __aexit__(self, *a):
            pass

    try:
        f(A()).send(None)
    except StopIteration as e:
        return e.value


def ellipsis_slices(x):
    class S:
        def __getitem__(self, k):
            return k

    s = S()
    return s[...], s[x:], s[:x], s[x:x:x], s[x, ..., 1:2], s[:, :], s[(x,)]


def string_prefixes(v):
    return rb"\x00", r"\n", f"{v!a}", f"{v:>{v}}", f"{v=}", "a" "b" f"{v}" "c", b"a" b"b", """x
y""", u"u"


def numbers():
    return 0xFF, 0o17, 0b101, 1_000_000, 1e3, 1j, -0.0, 10**20, 1 if 1_0 == 10 else 0, 5 .real, 0xFFFFFFFFFFFFFFFF


def matrix_mult():
    class V(list):
        def __matmul__(self, o):
            return sum(a * b for a, b in zip(self, o))

        def __imatmul__(self, o):
            return V(v * (self @ o) for v in self)

    v = V([1, 2, 3])
    w = v @ v
    v @= v
    return w, v


for f, args in ((delete_forms, ()), (star_everything, (1, 2, 3)), (big_displays, ()), (build_const_map, (1, 2)), (conditional_lambda, (-3,)), (chained_assign, ()), (annotated_targets, ()), (nested_functions_cells, ()), (try_else_finally, (0,)), (try_else_finally, (2,)), (try_else_finally, (9,)), (while_true_try, ()), (with_return_value, ()), (coroutine_forms, ()), (ellipsis_slices, (5,)), (string_prefixes, (7,)), (numbers, ()), (matrix_mult, ())):
    print(f.__name__, end=": ")
    show(f, *args)
g = yields()
print(next(g), g.send("x"), g.send(""), g.send("in list"), g.send("second"), next(g))
show(next, g)
nothing = lambda: None
print(nothing(), (lambda: ...)(), (lambda: __debug__)(), NotImplemented is NotImplemented, type(...).__name__)
global_x: int = 3
print(__annotations__)
print((yes := 1) + yes, [y := 2, y**2], (lambda: (z := 5) + z)())
if (n := 10) > 5 and (m := n * 2): print(n, m)
print(*(i for i in range(3)), *[j for j in "ab"], sep=",")
for i, in [(1,), (2,)]: print(i, end=" ")
for [a, [b]] in [[1, [2]]]: print(a, b)
while (global_x := global_x - 1): print(global_x, end=" ")
print()
exec("""
def f(a, b, /, c, d=1, *e, g, h=2, **i):
    return a, b, c, d, e, g, h, i
print(f(1, 2, 3, g=4), f(1, 2, c=3, d=4, g=5, z=6), f(*range(6), g=7))
""")
try:
    try:
        raise KeyError
    except* KeyError as eg:
        raise
except ExceptionGroup as e:
    print(type(e).__name__, len(e.exceptions))
import os, sys as system, os.path as osp
from os import (path as p, sep,)
print(osp is p, sep, system is sys)
