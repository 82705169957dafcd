"""Frames: f_back chains, f_lineno of callers, locals(), f_locals, f_lasti, f_code."""
import inspect
import sys
import types


def names(frame):
    out = []
    while frame is not None:
        out.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return out


def leaf():
    return names(sys._getframe())


def middle(n):
    if n:
        return middle(n - 1)
    return leaf()


class C:
    def method(self):
        return leaf()

    def __getattr__(self, name):
        return leaf()

    def __add__(self, other):
        return leaf()

    def __getitem__(self, key):
        return leaf()

    def __iter__(self):
        return iter(leaf())

    def __call__(self):
        return leaf()

    def __eq__(self, other):
        return leaf()

    @property
    def prop(self):
        return leaf()

    trace = leaf()


c = C()
for trace in (
    leaf(),
    middle(3),
    c.method(),
    c.missing,
    c + 1,
    c[0],
    [*c],
    c(),
    c == 1,
    c.prop,
    C.trace,
    (lambda: leaf())(),
    [leaf() for _ in range(1)][0],
    next(leaf() for _ in range(1)),
    sorted([0], key=lambda v: saved.append(leaf()) or 0) if (saved := []) is None else leaf(),
    list(map(lambda v: leaf(), [1]))[0],
    max([1], key=lambda v: len(leaf())) and leaf(),
    eval("leaf()"),
):
    print(trace)
exec("print(leaf())", globals())


def caller_lines():
    first = here(
        1,
        2,
    )
    return [
        first,
        here(),
        here(
            here()
        ),
    ]


def here(*args):
    frame = sys._getframe(1)
    return frame.f_lineno - frame.f_code.co_firstlineno


print(caller_lines())


def local_names(a, b=2, *args, c, **kw):
    x = 1
    before = sorted(locals())
    del a
    y = [sorted(locals()) for _ in range(1)]
    cell = 5
    f = lambda: cell
    snapshot = locals()
    x = "changed after"
    again = locals()
    return before, y, snapshot is again, snapshot["x"], sorted(again)


print(local_names(1, c=3, d=4))


def unbound_locals():
    before = dict(locals())
    if before:
        never = 1
    now = 2
    return before, sorted(locals())


print(unbound_locals())


def outer():
    free = 1

    def inner():
        free
        return locals(), sys._getframe().f_locals

    return inner()


print(outer())


class Body:
    a = 1
    snapshot = sorted(k for k in locals() if not k.startswith("__"))
    locals()["injected"] = "value"
    print(injected)


print(Body.snapshot, Body.injected)


def peek():
    frame = sys._getframe(1)
    return {k: v for k, v in frame.f_locals.items() if isinstance(v, int)}


def peeked(p):
    q = p + 1
    seen = [peek()]
    p = 100
    for i in range(2):
        seen.append(peek())
    return seen


print(peeked(1))


def keep():
    kept = "local in kept frame"
    number = 7
    return sys._getframe()


frame = keep()
print(frame.f_locals, frame.f_lineno - keep.__code__.co_firstlineno, frame.f_back.f_code.co_name, frame.f_code is keep.__code__)
frame.clear()
print(frame.f_locals)
try:
    sys._getframe().clear()
except RuntimeError as e:
    print(e)


def raising():
    inside = "value"
    raise KeyError


try:
    raising()
except KeyError as e:
    tb = e.__traceback__
    f = tb.tb_next.tb_frame
    print(f.f_locals, f.f_back is sys._getframe(), tb.tb_lineno == f.f_back.f_lineno)
    f.clear()
    print(f.f_locals)


def write_through():
    x = 1
    sys._getframe().f_locals["x"] = 2
    locals()["x"] = 3
    return x


print(write_through())
print(sys._getframe().f_locals is globals(), sys._getframe().f_globals is globals(), sys._getframe().f_builtins["len"] is len)


def builtins_frame():
    return sys._getframe(0).f_code.co_name, sys._getframe(1).f_code.co_name


print(builtins_frame())
try:
    sys._getframe(1000)
except ValueError as e:
    print(e)
print([f.function for f in inspect.stack()], inspect.currentframe().f_lineno)


def stack_of_generators():
    yield names(sys._getframe())
    yield from nested()


def nested():
    yield names(sys._getframe())


print(list(stack_of_generators()))
g = stack_of_generators()
frame = g.gi_frame
print(frame.f_lasti, frame.f_back, frame.f_lineno == stack_of_generators.__code__.co_firstlineno)
next(g)
print(frame.f_lasti > 0, sorted(frame.f_locals))
print(inspect.getargvalues(peeked_frame := keep())[:3], peeked_frame.f_trace, peeked_frame.f_trace_lines)
current = sys._current_frames()
print(len(current), list(current.values())[0] is sys._getframe())
print(sys._getframe().f_lasti >= 0, [p for p in sys._getframe().f_code.co_positions()][5][0] is not None)


def ends_behind_a_call(save):
    save()
    if names:
        pass


def kept(save):
    yield save()
    if names:
        return 1


saved = []
ends_behind_a_call(lambda: saved.append(sys._getframe(1)))
list(kept(lambda: saved.append(sys._getframe(1))))
for frame in saved:
    print(frame.f_lineno - frame.f_code.co_firstlineno)
