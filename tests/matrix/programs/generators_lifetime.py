"""Suspended generators that are dropped, collected, resurrected or looked at."""
# no-stress: gc
import gc
import sys
import weakref


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


def holds(name):
    thing = Loud(name)
    try:
        yield thing.name
    finally:
        print("finally", name, sys.exc_info()[0])


g = holds("a")
next(g)
print("dropping a")
del g
print("dropped")
g = holds("never started")
del g
print("no output before")


def argument(x):
    yield 1


print("argument")
g = argument(Loud("arg"))
del g
g = argument(Loud("finished arg"))
list(g)
print("exhausted")
del g


def cycle():
    me = yield
    loud = Loud("in cycle")
    try:
        yield
    finally:
        print("cycle finally")


gc.collect()
gc.disable()
g = cycle()
next(g)
g.send(g)
ref = weakref.ref(g)
del g
print("unreachable, alive:", ref() is not None)
gc.collect()
print("collected:", ref() is None)
gc.enable()

saved = []


def resurrect():
    try:
        yield 1
    finally:
        saved.append(sys._getframe())
        print("resurrecting")


g = resurrect()
next(g)
del g
print(saved[0].f_code.co_name, saved[0].f_lineno - resurrect.__code__.co_firstlineno)
saved.clear()


def yields_in_finally():
    try:
        yield 1
    finally:
        yield 2


hooked = []
sys.unraisablehook = lambda info: hooked.append((type(info.exc_value).__name__, str(info.exc_value)))
g = yields_in_finally()
next(g)
del g
print(hooked)


def raises_in_finally():
    try:
        yield 1
    finally:
        raise KeyError("lost")


hooked.clear()
g = raises_in_finally()
next(g)
del g
print(hooked)


def frame_outlives():
    x = Loud("x")
    yield 1
    x = None
    yield 2


g = frame_outlives()
next(g)
frame = g.gi_frame
print(sorted(frame.f_locals), frame.f_back)
del g
print("generator gone, frame kept:", frame.f_locals.get("x") and "x alive")
del frame
print("frame gone")


def stack_temporaries():
    return_value = [Loud("on the stack"), (yield 1)]
    yield return_value


g = stack_temporaries()
next(g)
print("drop with temporaries on the stack")
del g
g = stack_temporaries()
next(g)
result = g.send("sent")
print(len(result))
del result
g.close()
print("closed")


def loop_temporaries():
    for thing in [Loud("l1"), Loud("l2"), Loud("l3")]:
        yield thing.name


for name in loop_temporaries():
    print(name)
    if name == "l2":
        break
print("broke out")


def frame_clear():
    x = Loud("cleared")
    yield


g = frame_clear()
next(g)
g.gi_frame.clear()
print("after clear", g.gi_frame)


def running_clear():
    try:
        sys._getframe().clear()
    except RuntimeError as e:
        yield str(e)


print(*running_clear())
g = holds("referents")
next(g)
print([type(o).__name__ for o in gc.get_referents(g) if isinstance(o, Loud)])
print(any(o is g for t in [g.gi_frame.f_locals["thing"]] for o in gc.get_referrers(t)))
g.close()
del g

pool = [holds(f"p{i}") for i in range(3)]
for g in pool:
    next(g)
del g
pool[1] = None
pool.reverse()
pool.clear()
print("end")
