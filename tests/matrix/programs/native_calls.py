"""C functions, bound methods, super() and defaults at hot sites, and what changes there."""
import gc
import math
import sys
import types


def tried(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


class Fake(Exception):
    pass


def root(x):
    return math.sqrt(x)


def call_none(f):
    return f()


def call_one(f, x):
    return f(x)


def call_two(f, x, y):
    return f(x, y)


def pop(o):
    return o.pop()


def get(o, key):
    return o.get(key)


def starts(s, t):
    return s.startswith(t)


def convert(cls, x):
    return cls(x)


def size(o):
    return len(o)


def limit():
    return sys.maxsize


values = [4.0, 2, True, 1 << 80, -1.0, "x", None, 0.25]
for turn in range(40):
    out = [tried(root, v) for v in values]
    if turn == 20:
        keep, math.sqrt = math.sqrt, lambda x: ("mine", x)
    if turn == 21:
        print(out)
    if turn == 30:
        math.sqrt = keep
    if turn == 35:
        math.extra = 1
print(out)
del math.extra

for turn in range(40):
    out = [tried(call_none, f) for f in (dict, gc.isenabled, len, list, int)]
    out += [tried(call_one, f, x) for f in (len, abs, ord, repr, int, str)
            for x in ("a", -5, [1])]
    out += [tried(call_two, f, x, 2) for f in (divmod, pow, isinstance, range,
                                                getattr, max, min)
            for x in (7, "7")]
print(out)

owners = [[1, 2, 3], {1}, {}, bytearray(b"abc"), 5, types.SimpleNamespace()]
for turn in range(40):
    out = [tried(pop, o) for o in owners]
    owners[0].append(turn)
    if turn == 35:
        owners[5].pop = lambda: "mine"
print(out)


class Mapping(dict):
    def get(self, key):
        return "mine", key


class Text(str):
    pass


for turn in range(40):
    out = [tried(get, o, k) for o in ({1: 2}, Mapping(), types.MappingProxyType(
        {1: 3}), []) for k in (1, 2, [])]
    out += [tried(starts, s, t) for s in ("abc", Text("abc"), b"abc", 1)
            for t in ("a", "b", ("a", "z"), 5)]
    out += [tried(convert, c, x) for c in (int, float, list, tuple, set, bool,
                                           Text, Fake)
            for x in (1, "7", ())]
    out += [tried(size, o) for o in ("abc", "ä\u20ac", b"12", {1: 2}, {3}, (1,),
                                     [], range(4), Text("x"), 7)]
print([repr(o) for o in out])
print(limit() == sys.maxsize)

# References: arguments, callables and receivers are released once.
marker = object()
items = [marker]
table = {1: marker}
before = sys.getrefcount(marker)
for turn in range(200):
    items.append(items.pop())
    table.get(1)
    table.get(turn, marker)
    isinstance(marker, int)
    call_one(id, marker)
    call_one(list, [marker])
    tried(call_one, len, marker)
    tried(call_two, divmod, marker, marker)
print(sys.getrefcount(marker) - before)
before = sys.getrefcount(len), sys.getrefcount(int)
for turn in range(200):
    call_one(len, ()), call_one(int, 2.5), tried(call_one, int, "x")
print(sys.getrefcount(len) - before[0], sys.getrefcount(int) - before[1])


class Loud:
    def __init__(self, name, log):
        self.name, self.log = name, log

    def __del__(self):
        self.log.append(self.name)

    def __repr__(self):
        return self.name

    def __len__(self):
        if self.name == "bad":
            raise Fake("length")
        return 3

    def __hash__(self):
        self.log.append("hash")
        return 1


log = []
for turn in range(30):
    hash(Loud("a", log)), repr(Loud("b", log)), len(Loud("c", log))
    tried(lambda: len(Loud("bad", log)))
print(log[-7:], len(log))


# A C function that calls back, and recursion through C.
def nested(n):
    return max(map(nested, [n - 1])) + 1 if n > 0 else 0


def runaway(n):
    return sorted([n], key=runaway)


print(nested(40), tried(runaway, 1)[:40])


def comparing(n):
    return sorted(range(n), key=lambda x: hash(str(x % 7)) and -x)


print(comparing(50)[:3])

# Defaults at hot sites, and their exchange.


def default(a, b=2, c=3):
    return a, b, c


class Holder:
    def __init__(self, a, b=5):
        self.a, self.b = a, b

    def method(self, a=1, b=2):
        return self.a, a, b


def sites(h):
    return (default(1), default(1, 9), default(*(4,)), h.method(), h.method(7),
            Holder(3).b)


h = Holder(0)
for turn in range(80):
    out = sites(h)
    if turn == 50:
        default.__defaults__ = (20, 30)
        Holder.method.__defaults__ = ("x", "y")
        Holder.__init__.__defaults__ = (6,)
    if turn == 60:
        print(out)
        default.__defaults__ = None
        Holder.method.__defaults__ = (4,)
        out = tried(sites, h), tried(h.method), h.method(1)
        print(out)
        default.__defaults__ = (1, 2, 3)
        Holder.method.__defaults__ = (1, 2, 3, 4)
print(out)
print(tried(lambda: default(1, 2, 3, 4)))
before = sys.getrefcount(marker)
default.__defaults__ = marker, marker
for turn in range(100):
    default(turn)
default.__defaults__ = ()
print(sys.getrefcount(marker) - before)


# Bound methods and super().
class Child(Holder):
    def __init__(self, a):
        super().__init__(a, b="child")

    def method(self, a=1):
        return ["child", super().method(a)]

    @classmethod
    def make(cls, a):
        return super().__new__(cls), a

    def missing(self):
        return super().nothing()

    def own(self):
        return super().__class__


class Grandchild(Child):
    def method(self, a=2):
        return ["grand", super().method(a)]


default.__defaults__ = 8, 9
objects = [Child(1), Grandchild(2), Holder(3)]
for turn in range(60):
    bound = [o.method for o in objects] + [default, [].append, str.upper]
    out = [tried(call_one, f, "z") for f in bound]
    out += [tried(call_none, f) for f in bound]
    out += [tried(o.missing) if hasattr(o, "missing") else 0 for o in objects]
    out += [type(Child.make(1)[0]).__name__, objects[0].own().__name__]
    if turn == 30:
        print(out)
        Holder.method = lambda self, *args: ("patched", args)
    if turn == 40:
        del Child.method
print(out)
print(tried(call_two, objects[0].method, 1, 2))


# Classes with __getattr__.
class Proxy:
    kind = "proxy"

    def __init__(self, target):
        self.target = target

    def __getattr__(self, name):
        if name == "bad":
            raise Fake(name)
        return "hook", name

    @property
    def failing(self):
        return self.target.nothing

    @property
    def fine(self):
        return self.target

    def method(self):
        return "method"


def attrs(p):
    return (tried(lambda: p.target), p.kind, p.method(), p.failing, p.other,
            tried(lambda: p.bad), p.fine)


p = Proxy(1)
for turn in range(60):
    out = attrs(p)
    if turn == 30:
        print(out)
        del p.target
    if turn == 40:
        p.target = 5
        p.method = lambda: "own"
        p.kind = "own"
    if turn == 50:
        Proxy.__getattribute__ = lambda self, name: ("all", name)
        Proxy.method = p.method if False else (lambda self: "unused")
        out = p.target, p.kind, p.fine
        print(out)
        del Proxy.__getattribute__
print(out)


# Callables that are attributes of modules, classes and instances.
module = types.ModuleType("module")
module.twice = lambda x: 2 * x
module.plain = lambda: "plain"


class Static:
    def unbound(self):
        return self

    @staticmethod
    def fixed(x):
        return "fixed", x

    @classmethod
    def named(cls, x):
        return cls.__name__, x


class Source:
    def __init__(self):
        self.handler = lambda x: ("handler", x)
        self.kind = Static
        self.loud = lambda x: log.append(x)


def callbacks(o):
    return (module.twice(4), module.plain(), Static.unbound(5), Static.fixed(6),
            Static.named(7), o.handler(8), o.kind(), o.loud(9),
            tried(lambda: o.handler()))


source = Source()
before = sys.getrefcount(source), sys.getrefcount(module), sys.getrefcount(Static)
for turn in range(80):
    out = callbacks(source)[:6]
    if turn == 40:
        print(out)
        module.twice = lambda x, y=1: ("new", x, y)
        source.handler = str
        Static.unbound = lambda x: ("patched", x)
    if turn == 50:
        source.handler = h.method
    if turn == 60:
        module.twice = abs
        source.handler = [8].count
    if turn == 70:
        source.handler = lambda *args: args
out = None
gc.collect()
print(callbacks(source)[:6])
print([sys.getrefcount(o) - n for o, n in zip((source, module, Static), before)])


def temporary(name):
    return getattr(Source(), name)(1), Source().handler(2), Source().loud(3)


for turn in range(40):
    out = temporary("handler")
print(out)


# isinstance and str of all sorts.
class Meta(type):
    def __instancecheck__(cls, o):
        return o == "special"


class Checked(metaclass=Meta):
    pass


class Posing:
    @property
    def __class__(self):
        return int


class PosingSlot:
    __class__ = str


class Asking:
    def __getattribute__(self, name):
        log.append(name)
        return dict if name == "__class__" else object.__getattribute__(self, name)


class Failing:
    @property
    def __class__(self):
        raise Fake("class")

    def __str__(self):
        raise Fake("str")


def check(o, cls):
    return isinstance(o, cls)


def text(o):
    return str(o)


grand = Grandchild(1)
vars(grand)["__class__"] = int
people = [1, True, "special", grand, Child(1), Static(), Posing(), PosingSlot(),
          Asking(), Failing(), Proxy(1), int, None, Checked()]
kinds = [int, str, dict, Holder, Child, Grandchild, Checked, object, type,
         (int, str), (Holder, (str, Checked)), int | str, 5, (int, 5), list[int]]
for turn in range(30):
    log.clear()
    out = [tried(check, o, cls) for cls in kinds for o in people]
print("".join(str(o)[0] for o in out), len(log))
print([o for o in out if isinstance(o, str)][:8])
for turn in range(30):
    out = [tried(text, o) for o in (1, "a", None, Failing(), 1.5, [1], Text("t"))]
print(out, type(out[-1]).__name__)
print(check(grand, str), check(grand, int), check(grand, Holder))
before = sys.getrefcount(True), sys.getrefcount(marker), sys.getrefcount(Child)
for turn in range(100):
    check(marker, Child), check(marker, object), tried(check, marker, 5)
print([sys.getrefcount(o) - n < 5 for o, n in zip((True, marker, Child), before)])


# --- Eight arguments -----------------------------------------------------------------------


class Eight:
    def __init__(self, a, b, c, d, e=None, f=None, g=None):
        self.all = (a, b, c, d, e, f, g)


def eight(a, b, c, d, e, f, g, h):
    return a + b + c + d + e + f + g + h


def call_eight(n):
    return eight(n, 1, 2, 3, 4, 5, 6, 7), Eight(n, 2, 3, 4).all, Eight(n, 2, 3, 4, 5, 6, 7).all


for i in range(300):
    last = call_eight(i)
print(last)
