"""Sites that meet many types and functions, and what changes under them."""
import gc
import sys
import weakref


class Base:
    kind = "base"

    def __init__(self, x, y=2):
        self.x = x
        self.y = y

    def get(self):
        return self.x

    def put(self, value):
        self.x = value


class One(Base):
    kind = "one"

    def get(self):
        return self.x + 1


class Two(Base):
    def get(self):
        return self.y * 10

    @property
    def z(self):
        return self.x * 100


class Slots:
    __slots__ = ("x", "y", "z")
    kind = "slots"

    def __init__(self, x, y=0):
        self.x = x
        self.y = y
        self.z = -1

    def get(self):
        return self.x - self.y


class Dynamic:
    kind = "dynamic"
    x = 77

    def __getattr__(self, name):
        return name

    def get(self):
        return "dynamic"


class Own(Base):
    def get(self):
        return "shadowed"


def read(o):
    return o.x


def kind(o):
    return o.kind


def call(o):
    return o.get()


def store(o, value):
    o.x = value
    return o.x


def z(o):
    return o.z


def apply(f, value):
    return f(value)


def tried(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


owners = [One(1), Two(2), Slots(3, 1), Base(4), Own(5), Dynamic()]
for turn in range(60):
    out = [(tried(read, o), tried(kind, o), tried(call, o)) for o in owners]
    if turn in (0, 30, 59):
        print(out)
    for o in owners:
        tried(store, o, turn)
    if turn == 20:
        owners[4].get = lambda: "own"
        owners[0].kind = "changed"
    if turn == 30:
        One.get = lambda self: "patched"
        Two.kind = "patched too"
    if turn == 40:
        del owners[1].x
        del owners[2].x
        vars(owners[3])["extra"] = 1
    if turn == 45:
        Base.get = lambda self, more=3: ("default", more)
        del One.get, Two.get
    if turn == 50:
        owners[0].__dict__ = {"x": "in a dict"}
        owners[1].__class__ = Own

# References are neither lost nor left.
marker = object()
owners = [One(marker), Two(marker), Slots(marker), Base(marker)]
before = sys.getrefcount(marker)
for turn in range(100):
    for o in owners:
        if read(o) is not marker or store(o, marker) is not marker:
            print("not the marker")
print(sys.getrefcount(marker) - before)


# Functions of one code, functions of several, and what cannot be bound.
def adder(n):
    return lambda value: value + n


def deep(value):
    return deep(value) if value else 0


functions = [adder(1), adder(2), lambda v: -v, str, abs, adder(3), lambda v: v]
for turn in range(50):
    out = [apply(f, turn) for f in functions]
print(out)
functions += [lambda: 0, lambda a, b=5: a + b, lambda *a: a, lambda *, k=1: k,
              3, None, (lambda v: (yield v)), One.get]
for turn in range(50):
    out = [tried(apply, f, 4) for f in functions]
print([o if isinstance(o, (int, str, tuple)) else type(o).__name__
       for o in out])
fresh = 0
for turn in range(200):
    fresh += apply(adder(turn), turn)
print(fresh)
print(tried(apply, deep, 1)[:60])

# Properties whose getter is exchanged, or raises.
two, slots = Two(3), Slots(1)
for turn in range(40):
    out = tried(z, two), tried(z, slots)
    if turn == 30:
        Two.z = property(lambda self: self.missing)
print(out)


# Classes that change while they are called.
class Point:
    def __init__(self, x, y=7):
        self.x = x
        self.y = y


def make(x):
    return Point(x, 1)


def make_default(x):
    return Point(x)


for turn in range(100):
    p, q = make(turn), make_default(turn)
print(p.x, p.y, q.x, q.y)
Point.__init__.__defaults__ = (8,)
print(make_default(1).y)


def init(self, x, y=0):
    self.y = (x, y)


Point.__init__ = init
print(make(1).y, make_default(2).y, tried(lambda: make(1).x))
Point.__init__.__code__ = (lambda self, x, y=0: 5).__code__
print(tried(make, 1), tried(make_default, 1))
Point.__init__ = lambda self, x, y: None
print(vars(make(1)), tried(make_default, 1))
Point.__new__ = lambda cls, *args: "no point"
print(make(1))
del Point.__init__
print(tried(make, 1))


class Raising:
    def __init__(self, x):
        if x == 90:
            raise ValueError(x)
        self.x = x


failures = 0
for turn in range(100):
    try:
        Raising(turn)
    except ValueError as e:
        failures += e.args[0]
print(failures)


# Instances that are used again are empty, and die in time.
class Node:
    def __init__(self, value):
        self.value = value


class Cell:
    __slots__ = ("value", "more", "__weakref__")

    def __init__(self, value):
        self.value = value


for cls in Node, Cell:
    before = sys.getrefcount(cls)
    for turn in range(200):
        o = cls(turn)
        o.more = [o] if turn % 50 == 0 else turn
        ref = weakref.ref(o) if turn % 7 == 0 else None
        del o
        if ref is not None and ref() is not None and turn % 50 != 0:
            print("alive")
    o = cls(1)
    print(hasattr(o, "more"), tried(lambda: o.more), o.value, gc.is_tracked(o))
    if cls is Node:
        print(vars(o), list(vars(cls(2))))
    del o
    gc.collect()
    print(sys.getrefcount(cls) - before)

order = []


class Noisy:
    def __init__(self, name):
        self.name = name
        self.node = Node(name)

    def __del__(self):
        order.append(self.name)


for turn in range(40):
    holder = Node(Noisy(turn))
    holder.other = Noisy(-turn)
    holder = None
print(order == [n for turn in range(40) for n in (turn, -turn)], len(order))
Node.__del__ = lambda self: order.append("node")
Node(1)
print(order[-1])
del Node.__del__

# The order of attributes, with instances used again.
for turn in range(60):
    o = Node(1)
    if turn % 2:
        o.b = 1
        o.a = 2
    else:
        o.a = 1
        o.b = 2
    if turn > 56:
        print(vars(o))
    o = None

# Many are alive at once, then none.
for turn in range(3):
    nodes = [Node(i) for i in range(500)]
    for i, o in enumerate(nodes):
        if o.value != i or hasattr(o, "more"):
            print("wrong", i)
    while nodes:
        nodes.pop()
chain = None
for i in range(20000):
    link = Node(chain)
    chain = link
del link
chain = None
cycles = weakref.WeakSet()
for turn in range(50):
    o = Node(0)
    o.value = o
    cycles.add(o)
    o = None
gc.collect()
print(len(cycles))
live = weakref.ref(Point)
del Point
del make, make_default
gc.collect()


# Classes that die, and others in their place.
def local(n):
    class Local:
        def __init__(self, x):
            self.x = x
            self.extra = n

    return [Local(i).x for i in range(60)], weakref.ref(Local)


refs = [local(n)[1] for n in range(80)]
gc.collect()
print(sum(ref() is not None for ref in refs))


# Operators and subscripts that are written in Python.
class Money:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        if self.n > 1000:
            return NotImplemented
        return Money(self.n + other.n)

    def __getitem__(self, key):
        if key == "bad":
            raise KeyError(key)
        return key, self.n


class Other(Money):
    def __add__(self, other):
        return Other(self.n * other.n)

    def __radd__(self, other):
        return Other(self.n - other.n)


def add(a, b):
    return a + b


def item(o, key):
    return o[key]


def text(o):
    return f"{type(o).__name__} {o.n}" if isinstance(o, Money) else str(o)


total = Money(0)
for turn in range(100):
    total = add(total, Money(1)) if turn < 99 else total + Money(1) + Money(5)
print(text(total))
mixed = [Money(1), Other(2), Money(2000), 5, 1.5, "s"]
for turn in range(30):
    out = [text(tried(add, a, b)) for a in mixed for b in mixed]
print(out)
for turn in range(50):
    out = [tried(item, o, k) for o in (Money(3), {1: 2}, [4, 5], "ab")
           for k in (1, "bad", 0)]
print(out)
Money.__add__ = lambda self, other: "added"
Money.__getitem__ = lambda self, key: "got"
print(add(Money(1), Money(2)), item(Money(1), 0), item([1], 0))
del Money.__add__
print(tried(add, Money(1), Money(2)))
