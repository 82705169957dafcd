"""Instances that live and die within a function, and those who look at them in odd ways."""
import gc
import sys
import threading
import weakref


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __neg__(self):
        return Point(-self.x, -self.y)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __abs__(self):
        return (self.x * self.x + self.y * self.y) ** 0.5

    def scaled(self, factor):
        return Point(self.x * factor, self.y * factor)

    def __repr__(self):
        return f"Point({self.x}, {self.y})"


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a
        self.b = b

    def swapped(self):
        return Slotted(self.b, self.a)


# --- Sums: carried round loops -------------------------------------------------
def total(n):
    acc = Point(0.0, 0)
    for i in range(n):
        acc = acc + Point(i * 0.5, i)
    return acc.x, acc.y


def walk(n):
    here, step = Point(0.0, 0.0), Point(1.0, 0.5)
    turns = 0
    home = Point(3.0, 3.0)
    for i in range(n):
        here = here + step.scaled(0.25)
        if here == home or abs(here) > 7.0:
            step = -step
            turns += 1
    return round(here.x, 6), round(here.y, 6), turns


def maybe_unbound(n, k):
    for i in range(n):
        if i >= k:
            p = Point(i, i + 1)
    try:
        return p.x + p.y
    except UnboundLocalError as e:
        return str(e)


def slots(n):
    s = Slotted(1, 2)
    for i in range(n):
        s = s.swapped()
        s.a += 1
    return s.a, s.b


for _ in range(60):
    results = [total(50), walk(60), maybe_unbound(10, 3), slots(21)]
print(results, maybe_unbound(5, 50))


# --- Code is left while one object has two names -----------------------------------
def two_names(n, odd):
    count = 0
    for i in range(n):
        p = Point(i, 1)
        q = p
        if i == odd:
            q.y = "text"
        q.x = q.x + 1
        count += p.x
        if p is not q or p.y != 1:
            return p is q, p, q, count
    return count


for _ in range(60):
    two_names(30, -1)
print(two_names(30, 17), two_names(30, 29), two_names(30, -1))


def overflow(start, n):
    p = Point(start, start)
    q = p
    for i in range(n):
        p.x = p.x * 3
        p.y += 1
    return p is q, p.x, q.y


for _ in range(60):
    overflow(1, 20)
print(overflow(1, 50))


def mixed(values):
    out = []
    for v in values:
        p = Point(v, 2)
        q = Point(v, v)
        out.append((p + q).x)
    return out


for _ in range(60):
    mixed([1, 2, 3] * 5)
print(mixed([1, 2.5, True, 3 + 4j, 4, 2**70]))


# --- Exceptions from inside ------------------------------------------------------------
def divide(n, d):
    p = Point(n, d)
    q = Point(p.y, p)
    return Point(p.x / q.x, 0).x


for _ in range(60):
    divide(10, 4)
try:
    divide(1, 0)
except ZeroDivisionError as e:
    frame = e.__traceback__.tb_next.tb_frame
    held = frame.f_locals
    print(e, held["p"], held["q"].y is held["p"], sorted(held))


class Failing:
    def __init__(self, x):
        self.x = x
        if x < 0:
            raise ValueError(self.x)


def make_failing(n):
    total = 0
    for i in range(n):
        total += Failing(10 - i).x
    return total


for _ in range(60):
    make_failing(10)
try:
    make_failing(20)
except ValueError as e:
    inner = e.__traceback__.tb_next.tb_next.tb_frame
    print(e, inner.f_code.co_name, type(inner.f_locals["self"]).__name__, inner.f_locals["self"].__dict__)


# --- Frames that are looked at ----------------------------------------------------------
def look(depth=1):
    return sys._getframe(depth).f_locals


def looked_at(n, when):
    seen = None
    for i in range(n):
        p = Point(i, 0.5)
        q = p
        if i == when:
            seen = look(2 - 1)
            p.y = "changed"
            return seen["p"] is p, seen["q"] is q, seen["p"].y, seen["i"]
        p.y += 1
    return seen


for _ in range(60):
    looked_at(20, -1)
print(looked_at(20, 13))


class Spy:
    def __init__(self, log):
        self.log = log

    def __del__(self):
        values = sys._getframe(1).f_locals
        if "p" in values:
            self.log.append((values["p"].x, values["p"] is values.get("q")))


def spied(n, log):
    s = None
    for i in range(n):
        p = Point(i, i)
        q = p
        s = Spy(log)
    return p.x


for _ in range(60):
    log = []
    spied(3, log)
print(log)


# --- The collector, references, weak references -------------------------------------------
def in_collector(n, when):
    for i in range(n):
        p = Point(i, [i])
        if i == when:
            found = [o for o in gc.get_objects() if type(o) is Point and o.x == i and type(o.y) is list]
            refs = [r for r in gc.get_referrers(p.y) if r is p or r is p.__dict__]
            return len(found), found[0] is p, len(refs) > 0
    return None


for _ in range(60):
    in_collector(20, -1)
print(in_collector(20, 11))


def weak(n, when):
    out = []
    for i in range(n):
        p = Point(i, i)
        if i == when:
            r = weakref.ref(p, lambda _: out.append("died"))
            out.append(r() is p)
        p.x += 1
    return out


for _ in range(60):
    weak(20, -1)
print(weak(20, 5), weak(20, 19))


def counted(n, when):
    for i in range(n):
        value = [i]
        p = Point(value, value)
        if i == when:
            return sys.getrefcount(value), sys.getrefcount(p), sys.getrefcount(Point) > 3
        del p
    return None


for _ in range(60):
    counted(20, -1)
print(counted(20, 7))


class Noisy:
    def __init__(self, log, name):
        self.log = log
        self.name = name

    def __del__(self):
        self.log.append(self.name)


def field_order(log):
    p = Point(Noisy(log, "x"), Noisy(log, "y"))
    q = Point(p.y, p.x)
    p = None
    log.append("p gone")
    q = None
    log.append("q gone")


for _ in range(60):
    log = []
    field_order(log)
print(log)


def identity(n, when):
    ids = set()
    for i in range(n):
        p = Point(i, i)
        q = Point(i, i)
        r = p
        if i == when:
            return id(p) == id(r), id(p) == id(q), p is r, p is q, p is not None, p == q
        ids.add(p is q)
    return ids


for _ in range(60):
    identity(20, -1)
print(identity(20, 4), identity(20, -1))


# --- Attributes come and go -------------------------------------------------------------------
def attributes(n, when):
    for i in range(n):
        p = Point(i, i)
        if i == when:
            p.z = 3
            del p.x
            return p.__dict__, vars(p) is p.__dict__, hasattr(p, "x")
        p.x = p.y
    return None


for _ in range(60):
    attributes(20, -1)
print(attributes(20, 4))


class Partial:
    def __init__(self, full):
        self.first = 1
        if full:
            self.second = 2


def partial(full):
    p = Partial(full)
    try:
        return p.second
    except AttributeError as e:
        return str(e)


for _ in range(60):
    partial(True)
print(partial(False), partial(True))


class Ordered:
    def __init__(self, first):
        if first:
            self.a = 1
            self.b = 2
        else:
            self.b = 2
            self.a = 1


def order(first, when):
    p = Ordered(first)
    if when:
        return list(p.__dict__)
    return p.a + p.b


for i in range(60):
    order(i % 2, False)
print(order(True, True), order(False, True))


def order_seen(n, odd):
    total = 0
    for i in range(n):
        p = Ordered(i % 2)
        total += p.a
        if i == odd:
            total += "".join(sys._getframe().f_locals["p"].__dict__) == "ba"
        p.b = 7
    return total


for i in range(60):
    order_seen(20, -1)
print(order_seen(20, 10), order_seen(20, 11))


# --- Classes change while code runs that knows them -----------------------------------------------
def fresh():
    class Vec:
        def __init__(self, x):
            self.x = x

        def __add__(self, other):
            return Vec(self.x + other.x)

    def work(n, change):
        acc = Vec(0)
        for i in range(n):
            acc = acc + Vec(i)
            if change is not None and i == n // 2:
                change(Vec)
        return acc.x

    for _ in range(60):
        work(20, None)
    return work


def change_init(cls):
    def __init__(self, x):
        self.x = x + 1000

    cls.__init__ = __init__


def change_add(cls):
    cls.__add__ = lambda self, other: cls(self.x - other.x)


def change_setattr(cls):
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value * 2)

    cls.__setattr__ = __setattr__


def change_getattribute(cls):
    def __getattribute__(self, name):
        return 7

    cls.__getattribute__ = __getattribute__


def change_del(cls):
    cls.log = []
    cls.__del__ = lambda self: type(self).log.append(self.x)


def change_property(cls):
    cls.x = property(lambda self: 5, lambda self, value: None)


def change_new(cls):
    def __new__(klass, x):
        self = object.__new__(klass)
        self.y = x
        return self

    cls.__new__ = __new__


for change in (change_init, change_add, change_setattr, change_getattribute, change_del,
               change_property, change_new):
    work = fresh()
    print(change.__name__, work(20, change), work(20, None))


def class_dies():
    class Brief:
        def __init__(self, x):
            self.x = x

        def twice(self):
            return Brief(self.x * 2)

    ref = weakref.ref(Brief)

    def use(n):
        total = 0
        for i in range(n):
            b = Brief(i).twice()
            total += b.x
        return total

    for _ in range(40):
        result = use(20)
    del Brief, use
    return result, ref


result, ref = class_dies()
gc.collect()
print(result, ref())


# --- Safepoints: other threads, signals --------------------------------------------------------------
def busy(n, out):
    acc = Point(0, 0)
    for i in range(n):
        acc = acc + Point(1, i)
    out.append((acc.x, acc.y))


out = []
threads = [threading.Thread(target=busy, args=(20000, out)) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(out)


# --- Subclasses, metaclasses, __new__: none of these are plain ---------------------------------------
class Meta(type):
    def __call__(cls, *args):
        made = super().__call__(*args)
        made.extra = len(args)
        return made


class Odd(metaclass=Meta):
    def __init__(self, x):
        self.x = x


class Single:
    last = None

    def __new__(cls, x):
        if cls.last is None:
            cls.last = object.__new__(cls)
        return cls.last

    def __init__(self, x):
        self.x = x


class Sub(Point):
    def __init__(self, x):
        super().__init__(x, x)
        self.z = x


class Dying:
    died = 0

    def __init__(self, x):
        self.x = x

    def __del__(self):
        Dying.died += 1


def odd_classes(n):
    total = 0
    for i in range(n):
        total += Odd(i).extra + Single(i).x + Sub(i).z + Sub(i).y + Dying(i).x
    return total


for _ in range(60):
    result = odd_classes(20)
print(result, Dying.died)
