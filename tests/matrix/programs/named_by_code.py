"""What compiled code names dies when the program lets it go, and is counted as if there were no code."""
import gc
import math
import sys
import types
import weakref

gc.disable()
HOT = 120
log = []


def note(what):
    return lambda ref: log.append(what)


def flush(title):
    print(title, log)
    log.clear()


# --- Classes with hot methods ---------------------------------------------------


def make_class(name):
    class C:
        limit = 7
        origin = (1, 2)

        def __init__(self, x, y=0.5):
            self.x = x
            self.y = y

        def get(self):
            return self.x

        def both(self):
            return self.get() + self.double

        @property
        def double(self):
            return self.x * 2

        @staticmethod
        def fixed(x):
            return x + C.limit

        @classmethod
        def make(cls, x):
            return cls(x)

        def __del__(self):
            log.append("del " + name)

    C.__name__ = name
    return C


def use(cls, n):
    total = 0
    o = cls(1)
    for i in range(n):
        total += o.both() + o.get() + o.double + cls.limit + cls.origin[0]
        total += cls.fixed(i) + cls(i).get()
    return total


for round in range(3):
    cls = make_class("C%d" % round)
    ref = weakref.ref(cls, note("class"))
    methods = [weakref.ref(vars(cls)[m], note(m)) for m in ("get", "both", "__init__")]
    total = use(cls, HOT)
    print(round, total, log.count("del C%d" % round), sys.getrefcount(cls.limit) > 1)
    log.clear()
    print(sys.getrefcount(vars(cls)["get"]), sys.getrefcount(vars(cls)["both"]),
          sys.getrefcount(vars(cls)["__init__"]), sys.getrefcount(vars(cls)["double"].fget),
          sys.getrefcount(vars(cls)["origin"]))
    print(len(gc.get_referrers(cls)), len(gc.get_referrers(vars(cls)["get"])))
    del cls
    gc.collect()
    flush("gone")
    print(ref(), [m() for m in methods])


# --- Functions in namespaces that come and go ------------------------------------


SOURCE = """
STEP = 3
def step(x, by=(1, 2)):
    return x + by[0]
def twice(x):
    return step(step(x))
def run(n):
    s = 0
    for i in range(n):
        s += twice(i) + STEP
    return s
"""
code = compile(SOURCE, "<source>", "exec")


def namespace():
    ns = {}
    exec(code, ns)
    return ns


for round in range(6):
    ns = namespace()
    ns["STEP"] = round
    step, run = ns["step"], ns["run"]
    refs = [weakref.ref(ns[f], note(f)) for f in ("step", "twice", "run")]
    print(run(HOT), run(HOT), sys.getrefcount(step), sys.getrefcount(run),
          sys.getrefcount(ns["twice"]), sys.getrefcount(step.__defaults__))
    if round % 2:
        ns["step"] = lambda x: -x
        del step
        flush("replaced")
        print(run(HOT))
    else:
        del step
    ns.clear()
    del run
    flush("cleared")
    # Namespaces with the same keys, wherever they lie.
    copy = dict(namespace())
    copy["STEP"] = 100 + round
    print(types.FunctionType(copy["run"].__code__, copy)(HOT))
    del copy, ns


def same_keys(n):
    out = []
    base = namespace()
    for i in range(n):
        fresh = dict(base)
        fresh["STEP"] = i
        f = types.FunctionType(base["run"].__code__, fresh)
        out.append(f(40))
        del f, fresh
    return out


print(same_keys(30))


# --- Closures ----------------------------------------------------------------------


class Held:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log.append("del " + self.name)


def make_adder(k, held):
    def add(x):
        return x + k if held else 0

    return add


def apply(f, n):
    s = 0
    for i in range(n):
        s += f(i)
    return s


for round in range(4):
    adder = make_adder(round, Held("held%d" % round))
    ref = weakref.ref(adder, note("adder"))
    print(apply(adder, HOT), sys.getrefcount(adder))
    del adder
    flush("adder")


# --- What dies while it is called ----------------------------------------------------


def suicide(n):
    global victim
    del victim
    log.append("running %d" % n)
    return n + 1


def define():
    global victim

    def victim(n):
        return suicide(n)

    globals()["victim"] = victim
    return weakref.ref(victim, note("victim"))


def call_victim(i):
    return victim(i)


for i in range(HOT):
    ref = define()
    assert call_victim(i) == i + 1
    assert log == ["running %d" % i, "victim"], log
    log.clear()
print("victims", ref())


class Replaced:
    def act(self, n):
        if n == HOT - 10:
            del Replaced.act
            log.append("deleted")
        return n * 2


def act(o, n):
    return o.act(n)


ref = weakref.ref(Replaced.act, note("act"))
o = Replaced()
for i in range(HOT):
    try:
        total = act(o, i)
    except AttributeError as e:
        print(i, e)
        break
flush("act")


class Finalizer:
    def __init__(self, then):
        self.then = then

    def __del__(self):
        self.then()


class Owner:
    def __init__(self):
        self.slot = None

    def put(self, x):
        self.slot = x
        return self.slot


def put(o, x):
    o.put(x)
    return o.put(None)


def drop_put():
    del Owner.put
    log.append("put dropped")


owner = Owner()
ref = weakref.ref(Owner.put, note("put"))
for i in range(HOT):
    put(owner, i)
try:
    put(owner, Finalizer(drop_put))
except AttributeError as e:
    print(e)
flush("put")
print(ref())


# --- Counts seen from inside ----------------------------------------------------------


def counted(x):
    return sys.getrefcount(counted)


def method_count(self):
    return sys.getrefcount(method_count)


class Counting:
    count = method_count

    def __init__(self, out):
        out.append(len(out))




def counts(n):
    seen = set()
    o = []
    c = Counting(o)
    for i in range(n):
        seen.add(("function", counted(i)))
        seen.add(("method", c.count()))
        Counting(o)
    return sorted(seen), len(o)


for i in range(3):
    print(counts(HOT))
before = sys.getrefcount(counted), sys.getrefcount(math.sqrt), sys.getrefcount(math)


def roots(n):
    s = 0.0
    for i in range(n):
        s += math.sqrt(i) + abs(-i) + len((i,))
    return s



print(int(roots(HOT)), int(roots(HOT)))
print(before == (sys.getrefcount(counted), sys.getrefcount(math.sqrt), sys.getrefcount(math)))


# --- Modules ----------------------------------------------------------------------------


def make_module(k):
    m = types.ModuleType("m%d" % k)
    exec("value = %d\ndef f(x): return x + value\n" % k, m.__dict__)
    return m


def use_module(n):
    s = 0
    for i in range(n):
        s += mod.value + mod.f(i)
    return s


for k in range(8):
    mod = make_module(k)
    ref = weakref.ref(mod, note("module"))
    print(use_module(HOT), sys.getrefcount(mod), end=" ")
    if k % 3 == 2:
        other = types.ModuleType("copy")
        other.__dict__.update(mod.__dict__)
        other.value = -k
        mod = other
        print(use_module(HOT), end=" ")
        del other
    mod = None
    gc.collect()
    flush("module")


# A builtin of another name where one has lain.
def rooted(f, n):
    s = 0
    for i in range(n):
        s += f(i)
    return s


def library():
    import importlib.util

    spec = importlib.util.find_spec("math")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


for i in range(4):
    m = library()
    print(int(rooted(m.sqrt, HOT)), int(rooted(m.floor, HOT)), int(rooted(m.ceil, HOT)))
    del m


# --- A property that gets another getter ---------------------------------------------------


class WithProperty:
    def __init__(self):
        self.x = 1

    p = property(lambda self: self.x)


def read(o, n):
    s = 0
    for i in range(n):
        s += o.p
    return s


o = WithProperty()
ref = weakref.ref(WithProperty.p.fget, note("getter"))
print(read(o, HOT), read(o, HOT))
WithProperty.p.__init__(lambda self: self.x * 100)
flush("getter")
print(read(o, HOT), ref())


# --- Defaults -----------------------------------------------------------------------------


class Token:
    pass


def with_default(x, token=Token(), number=1000.25):
    return token


def defaults(n):
    r = None
    for i in range(n):
        r = with_default(i)
    return r is with_default.__defaults__[0]


ref = weakref.ref(with_default.__defaults__[0], note("token"))
print(defaults(HOT), sys.getrefcount(with_default.__defaults__[0]))
with_default.__defaults__ = (None, 1)
flush("token")
print(ref(), defaults(HOT))
