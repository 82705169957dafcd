"""Finalizers and callbacks that run Python in the middle of other instructions."""
# no-stress: gc
import gc
import sys
import weakref


class Spy:
    """Its finalizer looks at, and calls into, whatever drops it."""

    def __init__(self, tag):
        self.tag = tag

    def __del__(self):
        frame = sys._getframe(1)
        visible = {k: v for k, v in frame.f_locals.items() if isinstance(v, (int, str)) and not k.startswith("__")}
        if frame.f_code.co_name == "<module>":
            visible = {}
        print(f"{self.tag}: {frame.f_code.co_name}+{frame.f_lineno - frame.f_code.co_firstlineno} {visible}")


def overwrite(n):
    x = Spy("overwrite")
    y = n
    x = 5
    return x + y


def argument(a, b):
    c = a.tag + b
    a = None
    return c


def in_expression(n):
    m = n * 2
    return m + len(Spy("temporary").tag) + m


def in_condition(n):
    while n > 0 and Spy("condition"):
        n -= 1
    return n


def in_loop():
    total = 0
    for spy in [Spy("first"), Spy("second")]:
        total += len(spy.tag)
        spy = total
    return total


def at_return(n):
    held = Spy("held")
    other = n + 1
    return other


def unpacked(n):
    a, b = Spy("unpack a"), n
    a, b = b, a
    b = a
    return b


def deleted(n):
    a = Spy("deleted")
    k = n
    del a
    return k


def popped(n):
    items = [Spy("popped"), Spy("cleared")]
    items.pop(0)
    items[0] = n
    return items


def raising(n):
    spy = Spy("raising")
    raise ValueError(n)


def handler():
    try:
        raising(3)
    except ValueError as e:
        result = str(e)
    return result


print(overwrite(1), argument(Spy("argument"), "x"), in_expression(3), in_condition(2))
print(in_loop(), at_return(1), unpacked(2), deleted(4), popped(5), handler())


class Raiser:
    def __del__(self):
        raise RuntimeError("from __del__")


seen = []
sys.unraisablehook = lambda u: seen.append((type(u.exc_value).__name__, u.exc_value.args, u.object.__qualname__))


def survives():
    x = Raiser()
    x = 1
    y = x + len([Raiser()])
    return y


print(survives(), seen)


class Changer:
    """Rebinds what the running code is about to read."""

    def __del__(self):
        global shared
        shared = "changed by finalizer"
        Target.attribute = "changed"
        listing.append("from finalizer")


class Target:
    attribute = "original"


shared = "original"
listing = []


def order():
    before = (shared, Target.attribute, len(listing))
    x = Changer()
    x = None
    return before, (shared, Target.attribute, len(listing))


print(order())


class Recursive:
    def __init__(self, depth):
        self.depth = depth

    def __del__(self):
        if self.depth:
            Recursive(self.depth - 1)
        else:
            print("bottom", sys._getframe(3).f_code.co_name)


Recursive(10)


class Resurrect:
    store = []

    def __del__(self):
        self.store.append(self)
        print("resurrected")


def resurrect():
    r = Resurrect()
    r = None
    return len(Resurrect.store)


print(resurrect())
Resurrect.store.clear()


class Node:
    pass


def callbacks():
    log = []
    n = Node()
    refs = [weakref.ref(n, lambda r, i=i: log.append((i, sys._getframe(1).f_code.co_name))) for i in range(3)]
    weakref.finalize(n, log.append, "finalize")
    n = None
    return log


print(callbacks())


class Cycle:
    def __init__(self, tag):
        self.me, self.tag = self, tag

    def __del__(self):
        print("cycle", self.tag)


gc.collect()
gc.disable()
for tag in "abc":
    Cycle(tag)
print("before collect")
print(gc.collect() > 0)
gc.enable()


def chain(n):
    head = None
    for i in range(n):
        node = Node()
        node.next = head
        head = node
    head = node = None
    return "long chain freed"


print(chain(100000))


def nested_lists(n):
    x = []
    for _ in range(n):
        x = [x]
    del x
    return "nested lists freed"


print(nested_lists(100000))


class Iter:
    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration

    def __del__(self):
        print("iterator freed in", sys._getframe(1).f_code.co_name)


def loops():
    for _ in Iter():
        pass
    print("after loop")
    [x for x in Iter()]
    print("after comprehension")
    a, = iter([1])
    for _ in iter(Iter()):
        pass
    else:
        print("else")


loops()


def referrers():
    target = Node()
    holder = [target]
    return [type(r).__name__ for r in gc.get_referrers(target) if r is holder], gc.is_tracked(holder)


print(referrers())
print("end")
