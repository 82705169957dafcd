"""Attribute lookup: caches that types, instances and modules invalidate."""
import sys
import traceback
import types


def show(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


class A:
    shared = "class"

    def __init__(self):
        self.x = 1
        self.y = 2

    def method(self):
        return "A.method"


def get_x(o):
    return o.x


def get_shared(o):
    return o.shared


def call(o):
    return o.method()


def warm(f, *args):
    for _ in range(60):
        result = f(*args)
    return result


a = A()
print(warm(get_x, a), warm(get_shared, a), warm(call, a))
a.shared = "instance"
print(get_shared(a), get_shared(A()))
A.shared = "class again"
print(get_shared(a), get_shared(A()))
del a.shared
print(get_shared(a))
del A.shared
show(get_shared, a)
a.method = lambda: "instance method"
print(call(a), call(A()))
A.method = lambda self: "new class method"
print(call(a), call(A()))
del a.method
print(call(a))
A.method = property(lambda self: lambda: "from property")
print(call(a))
A.method = staticmethod(lambda: "static")
print(call(a))
A.method = classmethod(lambda cls: cls.__name__)
print(call(a))
A.method = "not callable"
show(call, a)
del A.method
show(call, a)

# The instance dictionary: keys shared, materialised, replaced, reordered.
b = A()
print(warm(get_x, b))
b.__dict__["x"] = "through dict"
print(get_x(b))
b.__dict__ = {"x": "new dict"}
print(get_x(b))
b.__dict__.clear()
show(get_x, b)
b.x = 5
print(get_x(b), b.__dict__)
c = A()
del c.x
show(get_x, c)
c.z, c.x = 1, "later"
print(get_x(c), list(c.__dict__))
for i in range(40):
    setattr(c, f"extra{i}", i)
print(get_x(c), len(c.__dict__), get_x(A()))


class Empty:
    pass


objects = []
for i in range(60):
    o = Empty()
    if i % 2:
        o.first = i
    o.x = -i
    if i % 3 == 0:
        o.last = i
    objects.append(o)
print(sum(get_x(o) for o in objects))
show(lambda: warm(get_x, Empty()))


class Data:
    def __get__(self, obj, owner):
        return f"data get {obj is not None}"

    def __set__(self, obj, value):
        print("data set", value)

    def __delete__(self, obj):
        print("data delete")


class NonData:
    def __get__(self, obj, owner):
        return "nondata"


class Descr:
    d = Data()
    n = NonData()


def get_d(o):
    return o.d


def get_n(o):
    return o.n


def set_d(o, v):
    o.d = v


o = Descr()
print(warm(get_d, o), warm(get_n, o))
o.__dict__["d"] = o.__dict__["n"] = "instance"
print(get_d(o), get_n(o), Descr.d)
set_d(o, 3)
del o.d
NonData.__set__ = lambda self, obj, value: print("now data")
print(get_n(o))
o.n = 1
del NonData.__set__
print(get_n(o))
Data.__get__ = lambda self, obj, owner: "patched get"
print(get_d(o))
del Data.__get__
print(get_d(o))
del Data.__set__, Data.__delete__
print(get_d(o))


class Slots:
    __slots__ = ("x", "y")


s = Slots()
show(get_x, s)
s.x = "slot"
print(warm(get_x, s))
del s.x
show(get_x, s)
show(setattr, s, "z", 1)
show(lambda: Slots.x.__get__(5))
Slots.x = "class attribute over slot"
print(get_x(s))


class GetAttr:
    def __getattr__(self, name):
        if name == "raises":
            raise AttributeError("custom message")
        return f"getattr {name}"


class GetAttribute:
    x = 1

    def __getattribute__(self, name):
        return f"getattribute {name}"


class Both:
    @property
    def x(self):
        raise AttributeError("from property")

    def __getattribute__(self, name):
        print("  getattribute", name)
        return object.__getattribute__(self, name)

    def __getattr__(self, name):
        return "fallback"


print(warm(get_x, GetAttr()), get_x(GetAttribute()), get_x(Both()))
show(lambda: GetAttr().raises)
g = GetAttr()
g.x = "found"
print(get_x(g))
del GetAttr.__getattr__
del g.x
show(get_x, g)
Empty.__getattr__ = lambda self, name: "added later"
print(get_x(Empty()))
del Empty.__getattr__
show(get_x, Empty())

module = types.ModuleType("mod")
module.x = "module x"
print(warm(get_x, module))
module.x = 2
print(get_x(module))
del module.x
show(get_x, module)
module.__getattr__ = lambda name: f"module getattr {name}"
print(get_x(module))
module.__dict__["x"] = 3
print(get_x(module))


class Meta(type):
    @property
    def x(cls):
        return "meta x"


class WithMeta(metaclass=Meta):
    pass


print(get_x(WithMeta))
show(get_x, WithMeta())
print(warm(get_x, A) if hasattr(A, "x") else "no A.x")
A.x = "class A.x"
print(warm(get_x, A))
A.x = "changed"
print(get_x(A), get_x(A()))


class Base:
    v = "base"


class Mid(Base):
    pass


class Leaf(Mid):
    pass


def get_v(o):
    return o.v


leaf = Leaf()
print(warm(get_v, leaf))
Mid.v = "mid"
print(get_v(leaf))
Base.v = "base changed"
del Mid.v
print(get_v(leaf))


class Other:
    v = "other"


Leaf.__bases__ = (Other,)
print(get_v(leaf))


class New:
    v = "assigned class"


leaf.__class__ = New
print(get_v(leaf))
show(lambda: setattr(leaf, "__class__", int))
poly = [A(), Slots(), Descr(), WithMeta, module, GetAttribute(), 5, "s", None, A]
for _ in range(30):
    out = []
    for p in poly:
        try:
            out.append(get_x(p))
        except AttributeError:
            out.append("-")
print(out)
for thing in (5, "s", None, [], A, len, module):
    show(lambda: thing.no_such_attribute)
show(lambda: a.method_typo())
print((5).real, "abc".upper(), [].__len__(), (1.5).is_integer(), {}.__class__, None.__class__, get_v.__name__, True.imag)
