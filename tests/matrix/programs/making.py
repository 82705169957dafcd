"""What instructions on temporaries make: functions, sets, dicts, strs, pairs."""
import sys
import traceback

ROUNDS = 60


def lines(error):
    return [(f.name, f.lineno - f.lineno % 1) for f in
            traceback.extract_tb(error.__traceback__)]


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        first = lines(error)[1:]
        return (type(error).__name__, str(error), [name for name, _ in first],
                [line - function.__code__.co_firstlineno for _, line in first[:1]])


# --- Functions

def make(n):
    def plain():
        return n

    def full(a, b=n, *, c=n + 1) -> int:
        return a, b, c, n

    return plain, full, lambda x, y=2: x + y + n


class Note:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Note.log.append((self.name, sys._getframe(1).f_code.co_name))


def functions(n):
    out = []
    for i in range(n):
        plain, full, short = make(i)
        out.append((plain(), full(1), full(1, c=3), short(5), short(5, 6),
                    full.__defaults__, full.__kwdefaults__,
                    full.__annotations__, len(plain.__closure__)))
    return out[-1], len(set(map(repr, out)))


def change(n):
    # Functions of one code object are known by one version until they differ.
    def call(f):
        return f()
    total = 0
    for i in range(n):
        def f(): return 1
        def g(): return 100
        total += call(f)
        if i == n // 2:
            f.__code__ = g.__code__
            total += call(f)
        if i == n // 2 + 3:
            def h(x=1000): return x
            f.__code__ = h.__code__
            f.__defaults__ = (7,)
            total += call(f)
        total += call(f)
    return total


def closures_differ(n):
    def add(k):
        return lambda x: x + k
    total = 0
    fs = [add(i) for i in range(4)]
    for i in range(n):
        for f in fs:
            total = f(total) % 10007
        total += add(i)(1)
    return total


# --- Containers

class Key:
    def __init__(self, k):
        self.k = k

    def __hash__(self):
        return hash(self.k)

    def __eq__(self, other):
        if self.k == "bad":
            raise ValueError(sys._getframe(1).f_code.co_name)
        return isinstance(other, Key) and self.k == other.k


def sets(values):
    a = {v for v in values}
    b = {1, 2, *values}
    c = {values[0], values[-1], 3}
    return len(a), len(b), len(c)


def dicts(values):
    a = {v: i for i, v in enumerate(values)}
    b = {values[0]: 1, values[1]: 2}
    c = {"x": values, "y": a, "z": len(b)}
    d = {**b, **c, "x": 5}
    return len(a), len(b), list(c), len(d), d["x"]


def same_keys(n):
    out = []
    for i in range(n):
        d = {"a": Note(("first", i)), "b": 2, "a": Note(("second", i))}
        out = [len(d), d["a"].name]
        del d
    seen = len(Note.log), Note.log[:2]
    Note.log.clear()
    return out, seen


def lists(values, more):
    a = [0, *values, *more]
    return a, (*values, 1), [*values]


def call_star(f, args, names):
    return f(*args, **names), f(1, *args), f(*args, z=3, **names)


def target(*args, **names):
    return args, sorted(names)


# --- Strs

class Odd:
    def __init__(self, text):
        self.text = text

    def __format__(self, spec):
        if spec == "bad":
            raise KeyError(sys._getframe(1).f_code.co_name)
        return self.text + "/" + spec

    def __repr__(self):
        return "Odd " + self.text

    def __str__(self):
        return 3 if self.text == "bad" else "str " + self.text


def formats(value, spec):
    return f"{value}", f"{value!r:>12}|{value!s}", f"<{value:{spec}}>"


def grow(n):
    s = ""
    kept = []
    for i in range(n):
        s += "ab"
        if i % 16 == 0:
            kept.append(s)
        t = s
        s = s + "c"
        t += "x"
        s += s if i < 3 else "d"
    return len(s), s[:12], s[-6:], [len(k) for k in kept], t[-3:]


def quadratic():
    s = ""
    for i in range(200000):
        s += "0123456789"
    u = "x" + s
    return len(s), len(u)


def join_temps(a, b, c):
    return a + b + c, (a + "-") + (b + "-") + c


def add_str(a, b):
    a += b
    return a


class Sub(str):
    def __add__(self, other):
        return "Sub" + str.__add__(self, other)


def unbound(parts):
    s = "a"
    try:
        for p in parts:
            s += p
    except TypeError as error:
        return s, str(error)
    return s


# --- Unpacking

class Three:
    def __init__(self, fail=False):
        self.fail = fail

    def __iter__(self):
        yield 1
        if self.fail:
            raise LookupError(sys._getframe(1).f_code.co_name)
        yield 2
        yield 3


def three(x):
    a, b, c = x
    return c, b, a


def star(x):
    a, *b, c = x
    return a, b, c


def swap(x):
    x, y = x
    return y, x


# --- Pairs

def pairs(n):
    d = {str(i): i for i in range(n)}
    total = 0
    for i, x in enumerate(d):
        total += i * len(x)
    for k, v in d.items():
        total += len(k) * v
    for a, b in zip(d, range(n - 1)):
        total += len(a) + b
    for a, b in zip([1, 2, 3], (4, 5, 6)):
        total += a * b
    for i, (a, b) in enumerate(zip(d, d.values()), 5):
        total += i + b + len(a)
    return total


def pair_errors(kind, n):
    total = 0
    if kind == "items":
        d = {i: i for i in range(n)}
        for k, v in d.items():
            total += v
            if k == n - 2:
                d[n + 1] = 0
    elif kind == "zip":
        for a, b in zip(Three(True), range(n)):
            total += a + b
    elif kind == "zip3":
        for a, b in zip((1, 2), (3, 4), (5, 6)):
            total += a + b
    elif kind == "strict":
        for a, b in zip(range(n), range(n - 1), strict=True):
            total += a + b
    elif kind == "enumerate":
        for i, x in enumerate(Three(True)):
            total += i + x
    elif kind == "far":
        for i, x in enumerate("abc", 2 ** 63 - 2):
            total += i
    return total


def pairs_die(n):
    # The last pair lives until the next one.
    seen = []
    for i, x in enumerate(Note(i) for i in range(n)):
        x = None
        seen.append(len(Note.log))
    for a, b in zip((Note(i) for i in range(n)), (Note(-i) for i in range(n))):
        a = b = None
        seen.append(len(Note.log))
    for k, v in {i: i for i in range(3)}.items():
        k = v
    x = a = b = None
    log = len(Note.log), Note.log[:3]
    Note.log.clear()
    return seen[:5], seen[-5:], log


def same_target(n):
    out = []
    for x, x in enumerate("abc" * n):
        out.append(x)
    for x, x in {1: 2, 3: 4}.items():
        out.append(x)
    return out[-5:]


# --- Raising

class Problem(Exception):
    def __init__(self, *args):
        super().__init__(*args)
        self.frame = sys._getframe(1).f_code.co_name


def raises(kind, n):
    x = [n]
    if kind == 1:
        raise Problem
    if kind == 2:
        raise Problem(n, x) from ValueError("cause")
    if kind == 3:
        raise 3
    if kind == 4:
        raise Problem(n) from 3
    if kind == 5:
        raise Problem("none") from None
    if kind == 6:
        raise
    return x


def raised(kind, n):
    try:
        return raises(kind, n)
    except Exception as error:
        return (type(error).__name__, error.args, repr(error.__cause__),
                error.__suppress_context__, getattr(error, "frame", None),
                len(lines(error)))


def main():
    shown = []

    def show(*values):
        if shown[-1:] != [repr(values)]:
            print(*values)
        shown.append(repr(values))

    for turn in range(ROUNDS):
        last = turn == ROUNDS - 1
        rows = [
            functions(4), change(8), closures_differ(5),
            attempt(sets, [1, 2, "x", (1, 2), 2.5]),
            attempt(sets, [Key(1), Key(1), Key(2)]),
            attempt(sets, [1, []]), attempt(sets, [Key("bad"), Key("bad")]),
            attempt(dicts, ["a", "b", 3]), attempt(dicts, [Key(1), Key(1)]),
            attempt(dicts, [[], 1]), attempt(dicts, [Key("bad"), Key("bad")]),
            same_keys(2),
            attempt(lists, [1, 2], (3,)), attempt(lists, Three(), "xy"),
            attempt(lists, [1], 5), attempt(lists, [1], Three(True)),
            attempt(call_star, target, [1, 2], {"x": 1}),
            attempt(call_star, target, Three(), {}),
            attempt(call_star, target, 5, {}),
            attempt(call_star, target, (), 5),
            attempt(call_star, target, (), {"z": 1}),
            attempt(call_star, target, (), {1: 1}),
            attempt(call_star, 5, (), {}),
            attempt(formats, 12, ">5"), attempt(formats, 2.5, ".3f"),
            attempt(formats, "text", "^9"), attempt(formats, 12, "q"),
            attempt(formats, Odd("one"), "two"),
            attempt(formats, Odd("one"), "bad"),
            attempt(formats, Odd("bad"), ""), attempt(formats, None, "5"),
            attempt(grow, 20), attempt(join_temps, "a", "bc", "d\u20ac"),
            attempt(add_str, "a", "b"), attempt(add_str, Sub("a"), "b"),
            attempt(add_str, "a", Sub("b")), attempt(add_str, "a", 1),
            attempt(add_str, [1], "ab"), unbound(["b", "c"]),
            unbound(["b", 1]),
            attempt(three, (1, 2, 3)), attempt(three, [1, 2, 3]),
            attempt(three, "abc"), attempt(three, {1: 2, 3: 4, 5: 6}),
            attempt(three, Three()), attempt(three, Three(True)),
            attempt(three, (1, 2)), attempt(three, range(5)),
            attempt(three, 5), attempt(star, "abcd"), attempt(star, (1, 2)),
            attempt(star, [1]), attempt(star, Three(True)), attempt(star, 5),
            attempt(swap, (1, 2)), attempt(swap, [1, 2]), attempt(swap, "ab"),
            pairs(9), pairs_die(4), same_target(2),
        ]
        rows += [attempt(pair_errors, kind, 6)
                 for kind in ("items", "zip", "zip3", "strict", "enumerate", "far")]
        rows += [raised(kind, turn % 2) for kind in range(7)]
        if turn % 20 == 0 or last:
            for row in rows:
                print(row)
        else:
            shown.append(rows)
    print(len(shown), quadratic())


main()
