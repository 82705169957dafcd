"""Weak references, cyclic garbage, referrers and the state of gc."""
# no-stress: gc
import gc
import sys
import weakref

gc.collect()
gc.disable()


class N:
    def __init__(self, name="n"):
        self.name = name

    def __repr__(self):
        return f"N({self.name})"


def alive(r):
    return r() is not None


def local_scope():
    n = N()
    r = weakref.ref(n)
    return r


print(alive(local_scope()))
a = N("a")
r = weakref.ref(a)
p = weakref.proxy(a)
print(r() is a, p.name, r == weakref.ref(a), weakref.getweakrefcount(a))
a = None
print(r(), end=" ")
try:
    p.name
except ReferenceError as e:
    print(e)


def make_cycle():
    x, y = N("x"), N("y")
    x.other, y.other = y, x
    return weakref.ref(x), weakref.ref(y)


rx, ry = make_cycle()
print(alive(rx), alive(ry))
gc.collect()
print(alive(rx), alive(ry))


def closure_cycle():
    n = N()

    def f():
        return f, n

    return weakref.ref(n)


r = closure_cycle()
print(alive(r))
gc.collect()
print(alive(r))


def frame_cycle():
    n = N()
    frame = sys._getframe()
    return weakref.ref(n)


r = frame_cycle()
print(alive(r))
gc.collect()
print(alive(r))


def exception_cycle():
    n = N()
    try:
        raise ValueError
    except ValueError as e:
        saved = e
    return weakref.ref(n)


r = exception_cycle()
print(alive(r))
gc.collect()
print(alive(r))


def no_cycle():
    n = N()
    try:
        raise ValueError
    except ValueError as e:
        pass
    return weakref.ref(n)


print(alive(no_cycle()))


def generator_cycle():
    def g():
        n = N()
        refs.append(weakref.ref(n))
        me = yield
        yield me

    refs = []
    it = g()
    next(it)
    it.send(it)
    return refs[0]


r = generator_cycle()
print(alive(r))
gc.collect()
print(alive(r))


def class_cycle():
    class C:
        pass

    return weakref.ref(C)


r = class_cycle()
print(alive(r))
gc.collect()
print(alive(r))
d = weakref.WeakValueDictionary()
k = weakref.WeakKeyDictionary()
s = weakref.WeakSet()
n, m = N("1"), N("2")
d["n"], d["m"], k[n], k[m] = n, m, 1, 2
s.update([n, m])
n = None
print(dict(d), dict(k), list(s))
m = None
print(len(d), len(k), len(s))


class Method:
    def f(self):
        return "called"


o = Method()
w = weakref.WeakMethod(o.f)
print(w()(), weakref.ref(o.f)())
del o
print(w())
f = weakref.finalize(q := N(), print, "finalized")
print(f.alive)
del q
print(f.alive)
order = []


class Fin:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        order.append(self.name)


def nest():
    a = Fin("a")
    b = Fin("b")
    c = [Fin("c1"), Fin("c2")]
    d = {"k": Fin("d")}
    a2 = a
    del a
    order.append("body")


nest()
print(order)
order.clear()
t = (Fin("t1"), [Fin("t2")], Fin("t3"))
del t
print(order)
order.clear()
x = Fin("old")
x = Fin("new")
order.append("assigned")
[Fin(str(i)) for i in range(3)].clear()
print(order)
order.clear()


def swap_args(a, b):
    a, b = b, a
    order.append("swapped")
    a = None
    order.append("a gone")


swap_args(Fin("first"), Fin("second"))
print(order)
lst = []
lst.append(lst)
h = [lst]
print([type(v).__name__ for v in gc.get_referrers(lst) if v is h or v is lst], gc.get_referents([1, "a"]), gc.is_tracked({}), gc.is_tracked([]), gc.is_tracked((1, 2)))
del lst, h


def referrers_local():
    target = N("target")
    found = gc.get_referrers(target)
    return [type(f).__name__ for f in found]


print(referrers_local())
callbacks = []
gc.callbacks.append(lambda phase, info: callbacks.append(phase))
gc.collect()
gc.callbacks.clear()
print(callbacks, gc.isenabled(), gc.garbage)


class Saves:
    saved = []

    def __init__(self):
        self.me = self

    def __del__(self):
        Saves.saved.append(self)


Saves()
gc.collect()
print(len(Saves.saved), Saves.saved[0].me is Saves.saved[0])
Saves.saved.clear()
gc.collect()
print(len(Saves.saved))
gc.enable()
junk = [[i] for i in range(5000)]
for i in junk:
    i.append(junk)
del junk, i
gc.collect()
print(gc.get_count()[0] < 700, sys.getrefcount(None) > 10)
