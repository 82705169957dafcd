"""Functions: defaults, attributes, decorators, methods, partial binding, recursion."""
import sys
import traceback
import types


def make(n, step=1):
    def f(a, b=n, *rest, c=step, **kw):
        "docstring"
        return a + b + c + sum(rest) + sum(kw.values())

    f.tag = n
    return f


f, g = make(10), make(20, step=5)
print(f(1), g(1), f(1, 2), f(1, 2, 3, c=4, d=5), f.tag, g.tag, f.__doc__, f.__name__, f.__qualname__, f.__defaults__, f.__kwdefaults__, f.__module__)
f.__defaults__ = (100,)
print(f(1))
f.__kwdefaults__ = {"c": 1000}
print(f(1))
del f.__defaults__
try:
    f(1)
except TypeError as e:
    print(e)
f.__kwdefaults__["c"] = 2
print(f(1, 1))


def evaluated_once(x=print("default evaluated") or []):
    x.append(1)
    return len(x)


print(evaluated_once(), evaluated_once(), evaluated_once([]))
callbacks = [lambda x, i=i: x * i for i in range(4)]
print([c(10) for c in callbacks], (lambda: (yield))().__class__.__name__)


def trace_calls(log):
    def decorator(fn):
        def wrapper(*args, **kwargs):
            log.append((fn.__name__, args, kwargs))
            return fn(*args, **kwargs)

        return wrapper

    return decorator


log = []


class Class:
    @trace_calls(log)
    def method(self, x):
        return x + 1

    @classmethod
    @trace_calls(log)
    def cls_method(cls, x):
        return cls.__name__ * x

    @staticmethod
    @trace_calls(log)
    def static(x=3):
        return x

    @property
    def prop(self):
        return self.static(7)

    alias = method


c = Class()
print(c.method(1), Class.cls_method(2), c.static(), c.prop, c.alias(5), [(n, len(a)) for n, a, k in log])
bound = c.method
print(bound(3), bound.__self__ is c, bound.__func__ is Class.method, bound == c.method, bound is c.method, types.MethodType(lambda s, v: (s, v), 5)(6))
print([m(1) for m in (c.method, c.alias, Class().method)], list(map(c.method, range(3))), sorted([3, 1], key=c.method))


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


print(even(100), odd(7), (lambda f: f(f, 10))(lambda s, n: 1 if n == 0 else n * s(s, n - 1)))


def returns(kind):
    if kind == 0:
        return
    if kind == 1:
        return 1, 2
    if kind == 2:
        return lambda: kind
    if kind == 3:
        return returns
    while kind:
        return "from loop"


print(returns(0), returns(1), returns(2)(), returns(3) is returns, returns(4))
compose = lambda *fs: (lambda x: compose(*fs[1:])(fs[0](x)) if fs else x)
print(compose(lambda v: v + 1, lambda v: v * 2, str)(3))


class Callable:
    def __init__(self, n):
        self.n = n

    def __call__(self, x, *, scale=1):
        return self.n * x * scale


print(Callable(3)(4), Callable(2)(5, scale=10), list(map(Callable(2), [1, 2])))


def hot(fn, n):
    total = 0
    for i in range(n):
        total += fn(i)
    return total


print([hot(fn, 300) for fn in (lambda v: v, abs, Callable(2), c.method, lambda v, w=1: v + w, int, bound, Class.static)])
old = Class.method
Class.method = lambda self, x: "replaced"
print(c.method(1), bound(1), c.alias(1))
Class.method = old


def nested_defs(n):
    def a():
        def b():
            def d():
                return n * 2

            return d() + n

        return b() + n

    return a()


print(nested_defs(5))
fn = types.FunctionType(compile("x + y", "<e>", "eval"), {"x": 1, "y": 2})
print(fn())
def one_liner(a, *, b): return a, b
print(one_liner(1, b=2))
print((lambda a, /, b, *, c: (a, b, c))(1, b=2, c=3), (lambda *a, b=1, **k: (a, b, k))(1, 2, b=3, z=4))


def argument_overwritten(a, *args, k=1, **kw):
    a = (a, args, k, kw)
    args = k = kw = None
    return a, args, k, kw


print(argument_overwritten(1, 2, k=3, z=4))
