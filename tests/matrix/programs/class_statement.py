"""Class bodies: metaclass, __prepare__, __set_name__, __init_subclass__, scopes."""
import sys
import traceback


class Tracing(dict):
    def __getitem__(self, key):
        print("  get", key)
        return super().__getitem__(key)

    def __setitem__(self, key, value):
        if key != "__module__":
            print("  set", key)
        super().__setitem__(key, value)

    def __delitem__(self, key):
        print("  del", key)
        super().__delitem__(key)


class Meta(type):
    @classmethod
    def __prepare__(mcls, name, bases, **kw):
        print("prepare", name, [b.__name__ for b in bases], kw)
        return Tracing(injected="from prepare")

    def __new__(mcls, name, bases, namespace, **kw):
        print("new", name, sorted(k for k in namespace if not k.startswith("__")), kw)
        return super().__new__(mcls, name, bases, dict(namespace))

    def __init__(cls, name, bases, namespace, **kw):
        print("init", name, kw)
        super().__init__(name, bases, namespace)

    def __call__(cls, *args):
        print("call", cls.__name__, args)
        return super().__call__(*args)

    def __getattr__(cls, name):
        return f"meta getattr {name}"


class A(metaclass=Meta, option=1):
    x = injected
    y = len("abc")
    x += "!"
    del y
    print("  locals is namespace:", type(locals()).__name__)

    def method(self):
        return self.x


print(A().method(), A.missing)


class B(A, flag=True):
    try:
        undefined
    except NameError as e:
        message = str(e)

    try:
        del undefined
    except NameError as e:
        message2 = str(e)


print(B.message, "|", B.message2)


class Descriptor:
    def __set_name__(self, owner, name):
        print("set_name", owner.__name__, name)
        self.name = name

    def __get__(self, obj, owner=None):
        return f"<{self.name} of {'instance' if obj is not None else 'class'}>"


class Registry:
    subclasses = []

    def __init_subclass__(cls, /, tag="none", **kw):
        super().__init_subclass__(**kw)
        cls.subclasses.append((cls.__name__, tag))

    field = Descriptor()


class R1(Registry, tag="one"):
    pass


class R2(R1):
    other = Descriptor()


print(Registry.subclasses, R2.field, R2().other)


class MroEntries:
    def __mro_entries__(self, bases):
        return (Registry,)


class R3(MroEntries(), tag="entries"):
    pass


print(R3.__mro__[1].__name__, type(R3.__orig_bases__[0]).__name__)


def show(text):
    try:
        exec(text, {"Meta": Meta})
        print("ok")
    except Exception:
        traceback.print_exc(file=sys.stdout)


show("class X(1): pass")
show("class X(int, int): pass")
show("class X(bool): pass")
show("class M1(type): pass\nclass M2(type): pass\nclass X(metaclass=M1): pass\nclass Y(metaclass=M2): pass\nclass Z(X, Y): pass")
show("class X(object, metaclass=5): pass")
show("class X(object, unknown=5): pass")
show("class X(metaclass=lambda *a, **k: print('function as metaclass', a[0], k), z=1): pass\nprint(X)")
show("class X:\n    __slots__ = ('a',)\n    a = 1")
show("class D:\n    def __set_name__(self, o, n): raise ValueError(n)\nclass X:\n    d = D()")
show("class X:\n    1/0")
show("class P(type):\n    @classmethod\n    def __prepare__(m, n, b): return 5\nclass X(metaclass=P): pass")
show("class A: pass\nclass X(object, A): pass")

value = "global"


def scopes():
    value = "enclosing"

    class Inner:
        first = value
        value = "class"
        second = value

        def method(self):
            return value

        nested = [value for _ in "a"]

    return Inner.first, Inner.second, Inner().method(), Inner.nested


try:
    print(scopes())
except NameError as e:
    print(e)


class GlobalScope:
    first = value
    value = "class"
    second = value
    del value
    third = value
    global made_global
    made_global = "by class"
    annotated: int = 5
    only_annotated: "str"
    (parenthesised): float = 2


print(GlobalScope.first, GlobalScope.second, GlobalScope.third, made_global, GlobalScope.__annotations__)
print(GlobalScope.__qualname__, GlobalScope.__module__, scopes.__qualname__, A.method.__qualname__, R1.__bases__[0].__name__)
C = type("C", (A,), {"z": 1})
print(C.__name__, C.z)


def decorate(tag):
    print("decorator", tag)

    def apply(cls):
        print("apply", tag, cls.__name__)
        cls.tag = tag
        return cls

    return apply


@decorate("first")
@decorate("second")
class Decorated:
    print("body")


print(Decorated.tag)
