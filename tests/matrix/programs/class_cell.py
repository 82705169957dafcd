"""__class__ cells and __classcell__: metaclasses that keep, drop or swap them."""
import sys
import traceback


def show(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


class Keep(type):
    def __new__(mcls, name, bases, ns):
        print("classcell" if "__classcell__" in ns else "no classcell", name)
        return super().__new__(mcls, name, bases, ns)


class Drop(type):
    def __new__(mcls, name, bases, ns):
        ns.pop("__classcell__", None)
        return super().__new__(mcls, name, bases, ns)


class Early(type):
    def __new__(mcls, name, bases, ns):
        cls = super().__new__(mcls, name, bases, ns)
        show(lambda: cls().me())
        return cls


class A(metaclass=Keep):
    def me(self):
        return __class__.__name__


class B(metaclass=Keep):
    pass


class C(metaclass=Early):
    def me(self):
        return __class__.__name__


def dropped():
    class D(metaclass=Drop):
        def me(self):
            return __class__

    return D


show(dropped)


def wrong_cell():
    class E(metaclass=type("M", (type,), {"__new__": lambda m, n, b, ns: type.__new__(m, n, b, {**ns, "__classcell__": 5})})):
        def me(self):
            return super()

    return E


show(wrong_cell)


def during_body():
    class F:
        def me():
            return __class__

        early = me()


show(during_body)


class G:
    def f(self):
        def g():
            return [__class__.__name__ for _ in range(1)]

        return g()

    lam = lambda self: __class__
    gen = lambda self: next(__class__ for _ in "a")


print(G().f(), G().lam() is G, G().gen() is G, "__class__" in G.f.__code__.co_freevars, A().me(), C().me())
cell = G.f.__closure__[0]
cell.cell_contents = A
print(G().f(), G().lam())
del cell.cell_contents
show(lambda: G().f())


class H:
    def rebind(self):
        nonlocal __class__
        __class__ = int
        return __class__.__name__

    def see(self):
        return __class__


print(H().rebind(), H().see())


class I:
    __class__ = property(lambda self: "fake class")

    def real(self):
        return type(self).__name__


print(I().__class__, I().real(), isinstance(I(), I))
copied = type(A.me)(A.me.__code__, globals(), "copied", None, A.me.__closure__)
print(copied(None))
