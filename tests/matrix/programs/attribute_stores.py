"""Attribute stores and deletes: setters, slots, __setattr__, shared keys."""
import sys
import traceback


def put(o, v):
    o.x = v


def drop(o):
    del o.x


def add(o, v):
    o.x += v
    return o.x


def show(f, *args):
    try:
        print(f(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


def warm(f, *args):
    for _ in range(60):
        f(*args)


class Plain:
    pass


p = Plain()
warm(put, p, 1)
print(p.__dict__)
warm(add, p, 1)
print(p.x)
drop(p)
show(drop, p)
show(add, p, 1)


class Property:
    def __init__(self):
        self._x = 0

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        if value == "bad":
            raise ValueError("refused")
        self._x = value

    @x.deleter
    def x(self):
        print("deleter")


class ReadOnly:
    @property
    def x(self):
        return 1


o = Property()
warm(put, o, 5)
print(o.x, o.__dict__, add(o, 2))
show(put, o, "bad")
drop(o)
show(put, ReadOnly(), 1)
show(drop, ReadOnly())


class Slots:
    __slots__ = ("x",)


s = Slots()
warm(put, s, 3)
print(s.x, add(s, 1))
drop(s)
show(drop, s)
show(add, s, 1)


class SlotsAndDict(Slots):
    pass


t = SlotsAndDict()
put(t, 1)
t.other = 2
print(t.x, t.__dict__)


class SetAttr:
    def __setattr__(self, name, value):
        if value is None:
            raise TypeError("no None")
        object.__setattr__(self, name, value * 2)

    def __delattr__(self, name):
        print("delattr", name)


q = SetAttr()
warm(put, q, 4)
print(q.x)
show(put, q, None)
drop(q)
Plain.__setattr__ = lambda self, name, value: print("patched", name, value)
put(p, 1)
del Plain.__setattr__
put(p, 2)
print(p.x)
Plain.x = property(lambda self: "now a property")
show(put, p, 3)
print(p.x)
del Plain.x
print(p.x)
for target in (5, "s", None, [], len, object(), int, type(None)):
    try:
        put(target, 1)
    except (AttributeError, TypeError) as e:
        print(type(e).__name__, e)
    try:
        drop(target)
    except (AttributeError, TypeError) as e:
        print(type(e).__name__, e)


class Type:
    x = 0


warm(put, Type, 1)
print(Type.x, Type().x)
inst = Type()
print(add(inst, 10), Type.x, inst.__dict__)


def function():
    pass


put(function, "function attribute")
print(function.x, function.__dict__)
import types

m = types.ModuleType("m")
warm(put, m, "module")
print(m.x, add(m, "!"))


class Node:
    def __init__(self, value, next=None):
        self.value = value
        self.next = next


def build(n):
    head = None
    for i in range(n):
        head = Node(i, head)
    total = 0
    node = head
    while node is not None:
        total += node.value
        node.value = -node.value
        node = node.next
    return total, head.value


print(build(1000))


class Orders:
    def __init__(self, flip):
        if flip:
            self.a, self.b, self.c = 1, 2, 3
        else:
            self.c, self.b, self.a = 1, 2, 3
        self.x = self.a * 100 + self.b * 10 + self.c


print([Orders(i % 3 == 0).x for i in range(12)], [list(Orders(i).__dict__) for i in (0, 1)])
many = Plain()
for i in range(100):
    put(many, i)
    setattr(many, f"f{i}", i)
print(len(many.__dict__), many.x, many.f99)
import weakref


class Death:
    def __del__(self):
        print("dies", sys._getframe(1).f_code.co_name)


put(p, Death())
print("overwriting")
put(p, None)
print("overwritten")
put(p, Death())
drop(p)
print("deleted")
put(p, Death())
p.__dict__ = {}
print("dict replaced")
