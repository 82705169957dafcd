"""Keys of dicts and sets in hot code: missing, foreign, mutable owners, namespaces, numbers of any size."""
import sys
import traceback


def attempt(f, *args):
    try:
        return f(*args)
    except Exception:
        traceback.print_exc(file=sys.stdout)


def load(d, k):
    return d[k]


def get(d, k):
    return d.get(k), d.get(k, 7), d.get(k, k)


def has(d, k):
    return k in d, k not in d, 1 if k in d else 2


def count(d, k):
    if k in d:
        d[k] += 1
    else:
        d[k] = 1
    d[k] = d.get(k, 0) + 1
    return len(d)


class Key:
    made = []

    def __init__(self, n):
        self.n = n

    def __hash__(self):
        Key.made.append("hash")
        return hash(self.n)

    def __eq__(self, other):
        Key.made.append("eq")
        if isinstance(other, Key):
            return self.n == other.n
        return self.n == other


class Text(str):
    def __hash__(self):
        Key.made.append("text")
        return str.__hash__(self)


class Missing(dict):
    def __missing__(self, k):
        return "missing", k


class Dies:
    def __init__(self, log, n):
        self.log, self.n = log, n

    def __del__(self):
        self.log.append(self.n)


def replace(d, k, v):
    d[k] = v
    return len(d)


def add(s, items):
    for x in items:
        s.add(x)
    return len(s), bool(s)


def pop(items):
    taken = []
    while items:
        taken.append(items.pop())
    return taken, attempt(items.pop)


def lengths(x):
    return len(x), 1 if x else 0, not x


def warm(f, *args):
    for _ in range(40):
        f(*args)


def main():
    d = {"a": 1, "b": 2.5, 3: "three", (1, "x"): None}
    for f in load, get, has:
        for k in list(d):
            warm(f, d, k)
        print([f(d, k) for k in d])
    for k in "zz", 4, (1, "y"), 2**70, -1, -2, None, 3.0, True, Text("a"), Key(3), [], (1, []):
        print(repr(k)[:20] if not isinstance(k, Key) else "Key", attempt(load, d, k), attempt(get, d, k) if not isinstance(k, Key) else "", attempt(has, d, k))
    print(Key.made)
    del Key.made[:]
    for owner in Missing(a=1), {}, {"a": 9}, [5, 6, 7, 8], (4, 5, 6, 7), "abcd", {i: i for i in range(300)}:
        print(attempt(load, owner, 3), attempt(load, owner, "a"))

    words = {}
    for i in range(500):
        count(words, "word%d" % (i * i % 37))
        count(words, i % 11)
        count(words, (i % 3, "t"))
    print(sorted(words.items(), key=str))
    count(words, 2**64)
    count(words, 2**64)
    big = {"x": 2**62, "y": 2**63 - 2}
    for _ in range(60):
        count(big, "x")
        count(big, "y")
    print(big, words[2**64])

    log = []
    held = {}
    for i in range(100):
        replace(held, i % 4, Dies(log, i))
    print(len(held), log == list(range(96)))
    held.clear()
    print(log[-4:])
    held = {i: i for i in range(50)}
    print(attempt(lambda: [replace(held, i + 1000, i) for i in held])[:1] if False else "")

    def grow(d):
        for k in d:
            replace(d, k + 1000, k)

    attempt(grow, {1: 1})
    space = {}
    exec("def f():\n    t = 0\n    for i in range(60):\n        t += x\n        put(g, 'x', i)\n    return t", space)
    space.update(put=replace, g=space, x=5)
    print(space["f"](), space["x"])

    s = set()
    print(add(s, range(100)), add(s, ["a", "b"] * 50), add(s, [(i % 5, "q") for i in range(60)]), add(s, [None, 2.5, 2**80, Key(1), frozenset([1])]))
    attempt(add, s, [[]])
    print(Key.made)
    for c in s, frozenset(s), [1, 2, "x", 3.5], (1, "x"), "abc", b"abc", range(5):
        warm(has, c, "x" if c != b"abc" and not isinstance(c, range) else 97)
        print([attempt(has, c, k) for k in (1, "x", 97)])
    print(pop([1, 2.5, "x"]), [len(pop(list(range(n)))[0]) for n in range(60)])
    for x in [1], (), "abc", "", "日本", {1: 2}, {}, {1, 2}, set(), frozenset([3]), b"ab", bytearray(3), range(4):
        warm(lengths, x)
        print(lengths(x))
    attempt(lengths, 5)


def mix(seed, rounds):
    mask = (1 << 64) - 1
    state, digest = seed, 0xCBF29CE484222325
    for _ in range(rounds):
        state ^= (state << 13) & mask
        state ^= state >> 7
        digest = ((digest ^ (state & 0xFF)) * 0x100000001B3) & mask
        if digest == state or digest < 5 or not state:
            return state
    return digest


def arithmetic(a, b):
    out = []
    for op in "+-*/%&|^<>":
        try:
            out.append(a + b if op == "+" else a - b if op == "-" else a * b if op == "*" else a // b if op == "/"
                       else a % b if op == "%" else a & b if op == "&" else a | b if op == "|" else a ^ b if op == "^"
                       else a << b if op == "<" else a >> b)
        except (ArithmeticError, ValueError) as e:
            out.append(str(e))
    return out


main()
print(mix(0x9E3779B97F4A7C15, 500), mix(3, 100), mix(0, 10))
for x in 3, 2**63, -(2**63), 2**64 - 1, -(2**90):
    warm(arithmetic, x, 5)
    print([arithmetic(x, y) for y in (5, -5, 0, 70, True)])
