"""super() in warm code, cooperative methods, changing hierarchies."""


class Base:
    def __init__(self, **kw):
        self.log = ["Base"]
        super().__init__(**kw)

    def step(self, n):
        return n

    @classmethod
    def build(cls, *a):
        return cls(*a) if a else cls()

    @property
    def value(self):
        return 1

    def __len__(self):
        return 5

    def __getattr__(self, name):
        if name.startswith("dyn_"):
            return name
        raise AttributeError(f"{type(self).__name__} lacks {name}")


class A(Base):
    def __init__(self, a=0, **kw):
        super().__init__(**kw)
        self.log.append(f"A{a}")

    def step(self, n):
        return super().step(n) + 1

    @property
    def value(self):
        return super().value + 10


class B(Base):
    def __init__(self, b=0, **kw):
        super().__init__(**kw)
        self.log.append(f"B{b}")

    def step(self, n):
        return super().step(n) * 2

    @property
    def value(self):
        return super().value * 3

    def __len__(self):
        return super().__len__() + 1


class C(A, B):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.log.append("C")

    def step(self, n):
        return super().step(n) - 3

    @classmethod
    def build(cls):
        made = super().build()
        made.log.append("built")
        return made


c = C(a=1, b=2)
print(c.log, c.value, len(c), c.dyn_x, C.build().log)
print(sum(c.step(i) for i in range(500)), sum(o.step(3) for o in [A(), B(), C()] * 100))
B.step = lambda self, n: 1000
print(c.step(1), A().step(1))
del B.step
print(c.step(1))
for bad in (lambda: c.missing, lambda: C(z=1), lambda: super(A, c).nothing, lambda: super().x):
    try:
        print(bad())
    except (AttributeError, TypeError, RuntimeError) as e:
        print(type(e).__name__, e)


class D(C):
    def step(self, n):
        method = super().step
        return [method(i) for i in range(n)]

    def indirect(self):
        return (lambda: super(D, self).step(1))(), super(C, self).step(1), super(A, self).step(1)

    def gen(self):
        yield super().value
        yield from (super(D, self).value for _ in range(2))

    def has(self):
        s = super()
        return s.__thisclass__.__name__, s.__self__ is self, s.__self_class__.__name__, hasattr(s, "step"), repr(s).startswith("<super")


d = D()
print(d.step(3), d.indirect(), list(d.gen()), d.has())
super_ = super


class Shadow(Base):
    def step(self, n):
        super = lambda *a: Base()
        return super().step(n) + 0.5

    def explicit(self, n):
        return super_(Shadow, self).step(n)


print(Shadow().step(1), Shadow().explicit(2))


class E(Base):
    pass


class F(E):
    def step(self, n):
        return super().step(n) + 0.25


f = F()
print([f.step(i) for i in range(50)][-1])
E.step = lambda self, n: -n
print(f.step(4))
F.__bases__ = (B,)
print(f.step(4), F.__mro__[1].__name__)


class Num(int):
    def __add__(self, o):
        return Num(super().__add__(o) + 1)

    def __repr__(self):
        return f"Num({super().__repr__()})"


n = Num(1)
for i in range(100):
    n = n + i
print(n)


class L(list):
    def append(self, v):
        super().append(v)
        super().append(-v)

    def __getitem__(self, i):
        return super().__getitem__(i) * 10


l = L()
for i in range(1, 100):
    l.append(i)
print(len(l), l[3], sum(l), l[-1])


class Dict(dict):
    def __setitem__(self, k, v):
        super().__setitem__(str(k), v)

    def __missing__(self, k):
        return super().get(str(k), "none")


x = Dict()
x[1] = "one"
print(x, x[1], x[2], isinstance(x, dict), issubclass(D, (int, B)))
