"""contextvars, sys.exc_info across threads of control, locals() in odd places."""
import contextvars
import sys

var = contextvars.ContextVar("var", default="default")


def read():
    return var.get()


token = var.set("outer")
ctx = contextvars.copy_context()
print(read(), ctx.run(read), ctx[var])


def change():
    var.set("inner")
    return read()


print(ctx.run(change), read(), ctx[var])
var.reset(token)
print(read())
try:
    var.reset(token)
except RuntimeError as e:
    print(str(e)[:30])


def gen():
    while True:
        yield read()


g = gen()
print(next(g))
var.set("changed between")
print(next(g), contextvars.copy_context().run(next, g))


def locals_in_loop():
    snapshots = []
    for i in range(3):
        if i == 1:
            extra = "x"
        snapshots.append(dict(locals(), snapshots=None))
    return snapshots


print(locals_in_loop())


def locals_identity():
    a = 1
    first = locals()
    b = 2
    before = sorted(first)
    second = locals()
    return first is second, before, sorted(second)


print(locals_identity())


def modified_locals():
    a = 1
    locals()["a"] = 100
    locals()["new"] = 5
    return a, sorted(locals())


print(modified_locals())


def cells(a):
    def f():
        return a

    d = locals()
    a = 2
    return d["a"], locals()["a"], f()


print(cells(1))


def deleted(a, b):
    del a
    return locals()


print(deleted(1, 2))


def comprehension_locals(n):
    return [sorted(k for k in locals()) for i in range(1)], {k: v for k, v in locals().items()}


print(comprehension_locals(3))
print([sorted(k for k in locals() if k[0] != "_")[:3] for _ in "a"])


class Namespace:
    a = 1
    locals()["b"] = 2
    c = a + b
    names = [n for n in sorted(vars()) if not n.startswith("__")]

    def method(self):
        return vars() is not vars(self), dir()


print(Namespace.names, Namespace.c, Namespace().method())


def generator_locals():
    x = yield sorted(locals())
    y = yield sorted(locals())
    yield locals()


g = generator_locals()
print(next(g), g.send(1), g.send(2))


def exec_in_function():
    x = 1
    exec("x = 2\ny = 3")
    d = {}
    exec("z = x", globals() | {"x": "g"}, d)
    return x, sorted(locals()), d


print(exec_in_function())


def eval_scopes(a):
    b = 2
    return eval("a + b"), eval("[a for _ in range(1)]", {"a": "from globals"}), eval("(lambda: 5)()")


print(eval_scopes(1))


def nested_handlers():
    out = []
    try:
        1 / 0
    except ZeroDivisionError:
        out.append(sys.exc_info()[0].__name__)

        def inner():
            out.append(sys.exc_info()[0].__name__)
            try:
                [][0]
            except IndexError:
                out.append(sys.exc_info()[0].__name__)
            out.append(sys.exc_info()[0].__name__)

        inner()
        out.append(sys.exception().__class__.__name__)
    out.append(sys.exc_info()[0])
    return out


print(nested_handlers())
print(dir() == sorted(globals()), "var" in vars())
