"""Code that looks at its callers: warnings, logging, inspect, traceback.extract_stack."""
import inspect
import sys
import traceback
import warnings


def capture(f):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = f()
    base = f.__code__.co_firstlineno
    return [(str(w.message), w.category.__name__, w.lineno - base) for w in caught], result


def deprecated(level):
    warnings.warn(f"level {level}", DeprecationWarning, stacklevel=level)


def wrapper(level):
    return deprecated(level)


def one():
    deprecated(1)
    deprecated(2)
    wrapper(3)
    [deprecated(2) for _ in range(1)]


print(capture(one))


def invalid():
    x = 1
    eval("x is 1")
    eval("'\\d'")
    return exec("assert (1, 'always true')")


print(capture(invalid))


def resources():
    async def never():
        pass

    never()
    return 1


print(capture(resources))


def whoami(depth=1):
    f = sys._getframe(depth)
    return f.f_code.co_name, f.f_code.co_qualname, f.f_lineno - f.f_code.co_firstlineno


class K:
    def method(self):
        return whoami()

    @staticmethod
    def static():
        return whoami()

    @property
    def prop(self):
        return whoami(), whoami(2)[0]

    lam = lambda self: whoami()
    __iter__ = lambda self: iter(whoami())
    body = whoami()


def user():
    k = K()
    return k.method(), k.static(), k.prop, k.lam(), tuple(k), [whoami() for _ in "a"], next(whoami() for _ in "a"), (lambda: whoami(2))()


print(user(), K.body)


def stack(n):
    if n:
        return stack(n - 1)
    return [(s.name, s.line) for s in traceback.extract_stack()[-3:]]


print(stack(3))


def signature(a, b: int = 1, /, *args: str, c, d=None, **kw) -> bool:
    return inspect.getcallargs(signature, a, b, *args, c=c, d=d, **kw)


print(inspect.signature(signature), signature(1, 2, 3, c=4, z=5), inspect.signature(K.method), inspect.getfullargspec(signature).kwonlyargs)
bound = inspect.signature(signature).bind(1, c=2)
bound.apply_defaults()
print(bound.arguments)
try:
    inspect.signature(signature).bind()
except TypeError as e:
    print(e)


def positions():
    frame = sys._getframe()
    return inspect.getframeinfo(frame, context=1).positions.lineno - frame.f_code.co_firstlineno


print(positions(), inspect.getsource(positions).count("\n"), inspect.getclosurevars(user).globals.keys() >= {"K", "whoami"})
g = (inspect.currentframe().f_back.f_code.co_name for _ in range(2))
print(next(g), (lambda: next(g))())


def trace_value():
    local = 1
    try:
        raise ValueError("v")
    except ValueError:
        te = traceback.TracebackException(*sys.exc_info(), capture_locals=True)
        return [(f.name, sorted(f.locals)) for f in te.stack]


print(trace_value())
print("".join(traceback.format_stack(limit=1)).splitlines()[1].strip())
