"""Metaclass hooks, abstract classes, slots in hierarchies, construction protocol."""
import abc
import sys
import traceback


class Counting(type):
    made = 0

    def __call__(cls, *args, **kw):
        Counting.made += 1
        return super().__call__(*args, **kw)

    def __iter__(cls):
        return iter(sorted(k for k in vars(cls) if not k.startswith("_")))

    def __len__(cls):
        return 3

    def __contains__(cls, item):
        return item == "magic"

    def __getitem__(cls, key):
        return f"{cls.__name__}[{key}]"

    def __add__(cls, other):
        return f"{cls.__name__}+{other.__name__}"

    def __setattr__(cls, name, value):
        print("meta setattr", name)
        super().__setattr__(name, value)


class A(metaclass=Counting):
    x = 1

    def f(self):
        pass


print(list(A), len(A), "magic" in A, A["k"], A + A, A().x, Counting.made)
A.y = 2
print(A.y, A().y)


def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


class Abstract(abc.ABC):
    @abc.abstractmethod
    def need(self): ...

    @property
    @abc.abstractmethod
    def prop(self): ...


class Half(Abstract):
    def need(self):
        return "need"


class Full(Half):
    prop = 1


show(lambda: Abstract())
show(lambda: Half())
show(lambda: Full().need())
Abstract.register(int)
print(isinstance(5, Abstract), issubclass(bool, Abstract), isinstance("", Abstract))


class New:
    instances = {}

    def __new__(cls, key, *rest):
        if key not in cls.instances:
            cls.instances[key] = super().__new__(cls)
        return cls.instances[key]

    def __init__(self, key, *rest):
        self.calls = getattr(self, "calls", 0) + 1


print(New("a") is New("a"), New("a").calls, New("b", 1).calls)


def warm(cls, *args):
    for _ in range(100):
        o = cls(*args)
    return o


class Simple:
    def __init__(self, a, b=2):
        self.a, self.b = a, b


print(warm(Simple, 1).b)
Simple.__init__ = lambda self, a: setattr(self, "a", -a)
print(warm(Simple, 1).a)
del Simple.__init__
show(lambda: Simple(1))
Simple.__new__ = lambda cls, *a: "new result"
print(Simple(1))
del Simple.__new__
print(type(Simple()).__name__)


class BadInit:
    def __init__(self):
        return 1


show(BadInit)


class BaseSlots:
    __slots__ = ("a", "__weakref__")


class MoreSlots(BaseSlots):
    __slots__ = ("b",)

    def __init__(self):
        self.a, self.b = 1, 2


m = MoreSlots()
print(m.a + m.b, hasattr(m, "__dict__"), MoreSlots.__slots__)
show(lambda: setattr(m, "c", 3))
show(lambda: type("X", (BaseSlots, type("Y", (), {"__slots__": ("q",)})), {}))


class Lazy:
    def __init__(self, f):
        self.f = f

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, owner):
        if obj is None:
            return self
        value = obj.__dict__[self.name] = self.f(obj)
        return value


class UsesLazy:
    @Lazy
    def value(self):
        print("computed")
        return 42


u = UsesLazy()
print(u.value, u.value, type(UsesLazy.value).__name__)


class Bound:
    def __get__(self, obj, owner):
        return lambda *a: (obj is not None, owner.__name__, a)


class HasBound:
    method = Bound()


print(HasBound().method(1), HasBound.method(2))
for f in (lambda: classmethod(lambda c: c).__get__(None, int)(), lambda: staticmethod(lambda: 1)(), lambda: property().__get__(1), lambda: (lambda s: s).__get__(5)()):
    show(f)


class Multi(int, metaclass=abc.ABCMeta):
    def __new__(cls, v):
        return super().__new__(cls, v * 2)

    def __repr__(self):
        return f"Multi({int(self)})"


print(Multi(4), Multi(4) + 1, [Multi(1)], Multi(3) == 6)


class D1:
    def f(self):
        return ["D1"]


class D2(D1):
    def f(self):
        return ["D2"] + super().f()


class D3(D1):
    def f(self):
        return ["D3"] + super().f()


class D4(D2, D3):
    def f(self):
        return ["D4"] + super().f()


print(D4().f(), [c.__name__ for c in D4.__mro__], super(D2, D4()).f())
D3.f = lambda self: ["patched"]
print(D4().f())
show(lambda: super(D4, 5))
show(lambda: super(D4, D1()))
show(lambda: super(D4, D4()).nothing)
print(D4.__subclasses__(), D1.__subclasses__() == [D2, D3], type.mro(D2)[0] is D2)
