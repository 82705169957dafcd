#!/usr/bin/python3.11
"""Generates Python programs for the differential fuzzer: generate.py NUMBER prints one.

A program follows from its number alone. It ends, prints the same on every run, and is hot enough to be
promoted: each function is called some tens of times with stable types, and then with other ones, or after
something that it relied on was replaced.
"""

import marshal
import random
import signal
import sys
import warnings

# What every program begins with: a trace of values with their types, without addresses and hash orders.
PRELUDE = '''\
import builtins, gc, math, sys
from itertools import islice
NAN, INF = float("nan"), float("inf")
class E0(Exception): pass
class E1(E0): pass
class MyInt(int): pass
class MyFloat(float): pass
class MyStr(str): pass
class MyList(list): pass
def rep(x, depth=3):
    t = type(x)
    if t is int: return repr(x) if -1 << 200 < x < 1 << 200 else f"int:{x.bit_length()}:{x % 1000003}"
    if t is float or t is bool or x is None or t is complex: return repr(x)
    if t is str: return repr(x[:60])
    if depth == 0: return t.__name__
    if t is list or t is tuple or t is MyList: return t.__name__ + "(" + ", ".join([rep(y, depth - 1) for y in x[:12]]) + ")"
    if t is set or t is frozenset: return t.__name__ + "(" + ", ".join(sorted([rep(y, depth - 1) for y in x])) + ")"
    if t is dict: return "{" + ", ".join([rep(k, 1) + ": " + rep(v, depth - 1) for k, v in list(x.items())[:12]]) + "}"
    if t is MyInt: return "MyInt:" + int.__repr__(x)
    if t is MyFloat: return "MyFloat:" + float.__repr__(x)
    if t is MyStr: return "MyStr:" + str.__repr__(x)
    if t is RecursionError: return t.__name__
    if isinstance(x, BaseException): return t.__name__ + rep(x.args, depth - 1)
    d = getattr(type(x), "state", None)
    return t.__name__ + (rep(d(x), depth - 1) if d else "")
def show(*values):
    print(*[rep(v) for v in values])
def exc(e):
    print("!", rep(e), type(e.__cause__).__name__, type(e.__context__).__name__, where(e.__traceback__, e))
def where(tb, e):
    found = []
    if type(e) is RecursionError: return ""  # its depth follows from how much of a call is C
    while tb is not None and len(found) < 12:
        if tb.tb_next is None and type(e) is UnboundLocalError: break  # CPython: the first half of a superinstruction
        code = tb.tb_frame.f_code
        position = next(islice(code.co_positions(), tb.tb_lasti // 2, None))
        found.append(f"{code.co_name}:{tb.tb_lineno}:{position[1]}:{position[2]}:{position[3]}")
        tb = tb.tb_next
    return " ".join(found)
def cl(x):
    t = type(x)
    if t is int: return x if -(1 << 80) < x < 1 << 80 else x % 1152921504606846999
    if t is str or t is list or t is tuple: return x[:12]
    return x
def peek(depth=1):
    f = sys._getframe(depth)
    print("@", f.f_code.co_name, f.f_lineno, rep({k: v for k, v in sorted(f.f_locals.items()) if k[:1] != "_"} if f.f_locals is not f.f_globals else None))
TICK = 0
def tick():
    global TICK
    TICK += 1
    act = PLAN.get(TICK)
    if act is not None: act()
def late(key):
    act = PLAN.pop(key, None)
    if act is not None: act()
'''

INTS = """0 1 -1 2 3 5 7 10 63 64 100 255 256 257 -5 -6 1000 65535 2**29 2**30-1 2**30 2**30+1 -2**30 -2**30-1 2**31
 2**32 2**53+1 2**59 2**60-1 2**60 2**60+1 -2**60 -2**60-1 2**61 2**62 2**63-1 2**63 -2**63 -2**63-1 2**64 10**20
 -10**20 True False""".split()
SMALL = "0 1 2 3 4 5 6 7 8 9 -1 -2 -3 10 12 17 True False".split()
NEAR = "2**30-1 2**30 -2**30 2**59 2**60-1 2**60 -2**60 2**62 2**63-1 -2**63 2**31 2**61".split()
FLOATS = """0.0 -0.0 1.0 0.5 1.5 -2.25 3.0 1e10 1e16 1e300 -1e300 5e-324 1e-310 INF -INF NAN 2.0**53 2.5 0.1 -7.75
 4503599627370497.5 1e22""".split()
STRINGS = """'' 'a' 'b' 'abc' 'zz9' 'hello' 'x_y' '\\u00e9' '\\u20ac1' '\\U0001f600q' '12' '-3' 'aXbX' 'Q'*3""".split()
KEYS = "'a' 'b' 'k' 0 1 2 1.0 True None (1,2)".split()
ATTRS = ("a", "b", "c", "k")
METHODS = ("m0", "m1", "m2")
BINARY = ("add", "sub", "mul", "floordiv", "truediv", "mod", "and", "or", "xor", "lshift", "pow", "matmul")
SYMBOL = dict(zip(BINARY, "+ - * // / % & | ^ << ** @".split()))
KINDS = "iiiiiffffsslltdoobn"
LETTER = {"i": "i", "f": "f", "s": "s", "l": "l", "t": "t", "d": "d", "o": "o", "b": "b", "n": "i", "a": "a"}


class Function:
    """What a caller has to know of a generated function."""

    def __init__(self, name, kinds, result, cost, required=None, keywords=(), star=False, double=False):
        self.name = name
        self.kinds = kinds
        self.result = result
        self.cost = cost
        self.required = len(kinds) if required is None else required
        self.keywords = keywords
        self.star = star
        self.double = double
        self.stable = None  # arguments that it was tried with


class Scope:
    def __init__(self, sort, parent=None):
        self.sort = sort
        self.parent = parent
        self.names = {}  # name: kind
        self.functions = []
        self.loops = 0
        self.times = 1
        self.cost = 0
        self.cap = 250
        self.depth = 0  # of blocks
        self.result = "a"
        self.declared = set()
        self.outer = []
        self.left = 40


class Generator:
    def __init__(self, number):
        self.r = random.Random(number)
        self.rnd = self.r.random
        self.choice = self.r.choice
        self.lines = []
        self.indent = 0
        self.functions = []
        self.generators = []
        self.coroutines = []
        self.classes = []  # (name, features)
        self.managers = []
        self.globals = {}
        self.counter = 0
        self.scope = Scope("module")
        self.wild = self.choice((0.0, 0.0, 0.005, 0.01, 0.03))
        self.with_del = self.rnd() < 0.35
        self.early = "abs"
        self.trial = {"__name__": "trial"}  # where definitions are tried as they are made
        self.late = []
        self.tried = 0  # lines that `trial` has executed
        self.evil = self.rnd() < 0.06
        self.ticks = self.rnd() < 0.5

    # Text

    def line(self, text):
        self.lines.append("    " * self.indent + text)

    def p(self, probability):
        return self.rnd() < probability

    def fresh(self, prefix):
        self.counter += 1
        return f"{prefix}{self.counter}"

    def block(self, header, count=None, inside=None):
        """A header and a body; names that the body binds are forgotten, mostly."""
        scope = self.scope
        self.line(header)
        self.indent += 1
        scope.depth += 1
        before = dict(scope.names)
        start = len(self.lines)
        if inside is not None:
            inside()
        self.body(self.r.randint(1, 3) if count is None else count)
        if len(self.lines) == start:
            self.line("pass")
        scope.depth -= 1
        self.indent -= 1
        if not self.p(0.02):
            scope.names = {k: v for k, v in scope.names.items() if k in before}

    def body(self, count):
        for _ in range(count):
            if self.scope.left <= 0:
                break
            self.scope.left -= 1
            if self.statement() == "end":
                break

    # Expressions

    def constant(self, k):
        if k == "i":
            return self.choice(SMALL if self.p(0.75) else INTS)
        if k == "n":
            return self.constant(self.choice("if"))
        if k == "f":
            return self.choice(FLOATS[:8] if self.p(0.6) else FLOATS)
        if k == "s":
            return self.choice(STRINGS)
        if k == "b":
            return self.choice(("True", "False"))
        if k == "l":
            return "[" + ", ".join(self.constant(self.choice("iiif")) for _ in range(self.r.randint(0, 4))) + "]"
        if k == "t":
            n = self.r.randint(0, 3)
            return "(" + "".join(self.constant(self.choice("iifs")) + ", " for _ in range(n)) + ")"
        if k == "d":
            keys = [self.choice(KEYS) for _ in range(self.r.randint(0, 3))]
            return "{" + ", ".join(f"{key}: {self.constant(self.choice('iifs'))}" for key in keys) + "}"
        if k == "o":
            if self.classes:
                return f"{self.choice(self.classes)[0]}({self.choice(SMALL)})"
            return "MyInt(3)"
        return self.choice(("None", "()", "1", "'a'", "2.5", "True", "1j", "MyInt(5)", "MyFloat(1.5)", "MyStr('q')", "..."))

    def leaf(self, k):
        if k == "a":
            k = self.choice(KINDS)
        names = [n for n, kind in self.scope.names.items() if kind == k or (k in "in" and kind == "c") or (k == "n" and kind in "if") or kind == "a"]
        if names and self.p(0.9 if k in "lstdo" else 0.75):
            return self.choice(names)
        if self.p(0.15):
            found = [n for n, kind in self.globals.items() if kind == k]
            if found:
                return self.choice(found)
        if self.p(0.01) and self.scope.names:
            return self.choice(list(self.scope.names))
        return self.constant(k)

    def e(self, k, d=2):
        if self.wild and self.p(self.wild):
            k = self.choice(KINDS + "aa")
        self.scope.cost += self.scope.times
        if k == "small":
            return self.choice(("0", "2", "4", "5"))
        if d <= 0 or self.p(0.15):
            return self.leaf(k)
        if self.p(0.06):
            return f"({self.e(k, d - 1)} if {self.e('b', d - 1)} else {self.e(k, d - 1)})"
        if self.p(0.03):
            return f"({self.e(k, d - 1)} {self.choice(('and', 'or'))} {self.e(k, d - 1)})"
        if self.p(0.12):
            call = self.call(k, d - 1)
            if call:
                return call
        if self.p(0.02) and self.scope.sort != "class":
            name = self.local(k)
            return f"({name} := {self.e(k, d - 1)})" if k in "ifb" else f"({name} := cl({self.e(k, d - 1)}))"
        return getattr(self, "e_" + k)(d - 1)

    def e_a(self, d):
        if self.p(0.1):
            return self.constant("a")
        return self.e(self.choice(KINDS), d)

    def e_n(self, d):
        return self.e(self.choice("iiff"), d)

    def divisor(self, k, d):
        if self.p(0.55):
            return self.choice(("3", "7", "2", "-3", "10", "1000003", "2**30", "2**61") if k == "i" else ("0.5", "3.0", "-1.5", "7"))
        if self.p(0.8):
            return f"({self.leaf(k)} or 3)"
        return self.e(k, d)

    def e_i(self, d):
        c = self.r.randrange(32)
        if c >= 30:
            c = 18
        if c < 9:
            return f"({self.e('i', d)} {self.choice('+++--*')} {self.e('i', d)})"
        if c < 12:
            return f"({self.e('i', d)} {self.choice(('//', '%', '%'))} {self.divisor('i', d)})"
        if c < 15:
            return f"({self.e('i', d)} {self.choice('&|^')} {self.e('i', d)})"
        if c < 16:
            amount = self.choice(("1", "3", "29", "31", "60", f"({self.leaf('i')} & 15)"))
            return f"({self.e('i', d)} {self.choice(('<<', '>>'))} {amount})"
        if c < 17:
            return f"({self.choice(('-', '~', '+', '-'))}{self.e('i', d)})"
        if c < 18:
            return f"len({self.e(self.choice('lstd'), d)})"
        if c < 19:
            return self.choice(
                (
                    f"abs({self.e('i', d)})",
                    f"int({self.e('f', d)} % 1000.0)",
                    f"min({self.e('i', d)}, {self.e('n', d)})",
                    f"max({self.e('i', d)}, {self.e('i', d)})",
                    f"sum({self.e('l', d)})",
                    f"ord({self.e('s', d)}[:1] or 'x')",
                    f"divmod({self.e('i', d)}, {self.divisor('i', d)})[{self.choice('01')}]",
                    self.hashed(),
                    f"int({self.e('b', d)})",
                    f"({self.e('i', d)}).bit_length()",
                    f"round({self.e('f', d)} % 99)",
                    f"pow({self.leaf('i')}, {self.choice('0123')}, 1000007)",
                    f"int({self.e('s', d)} or 0)",
                    f"math.gcd({self.e('i', d)}, {self.leaf('i')})",
                )
            )
        if c < 22:
            return self.item(d)
        if c < 25:
            return self.attribute(d)
        if c < 26:
            return f"({self.e('b', d)} + {self.e('i', d)})"
        if c < 27:
            v = self.fresh("q")
            return f"(lambda {v}{self.choice(('', '=1'))}: {self.with_name(v, 'i', lambda: self.e('i', d))})({self.e('i', d)})"
        if c < 28:
            return f"({self.e('i', 0)} ** {self.choice(('0', '1', '2', '2', '3'))})"
        if c < 29:
            return self.comprehension("sum(", "i", ")", d)
        return self.leaf("i")

    def hashed(self):
        name = self.name_or(("i", "f", "s"), "TICK")
        return f"(hash({name}) if type({name}) in (int, float, bool) else 0)"  # an object's hash is its address

    def with_name(self, name, k, make):
        """`make()` in a function scope inside of this one, where `name` is a local."""
        scope = self.scope
        inner = Scope("lambda", scope)
        inner.names = {**scope.names, name: k}
        inner.times, inner.cap, inner.sort = scope.times, scope.cap, "class"  # no walrus
        inner.cost = scope.cost
        self.scope = inner
        text = make()
        self.scope = scope
        scope.cost = inner.cost
        return text

    def comprehension(self, opening, k, closing, d):
        v = self.fresh("q")
        source = self.choice(
            (f"range({self.r.randint(1, 6)})", self.e("l", d), self.e("l", d), self.e("t", d), f"({self.leaf('i')}, {self.leaf('n')})")
        )
        scope = self.scope
        scope.times *= 4
        value = self.with_name(v, "i", lambda: self.e(k, d))
        test = f" if {self.with_name(v, 'i', lambda: self.e('b', d))}" if self.p(0.25) else ""
        scope.times //= 4
        return f"{opening}{value} for {v} in {source}{test}{closing}"

    def item(self, d):
        c = self.r.randrange(6)
        if c < 2:
            return f"{self.e('l', d)}[{self.choice(('0', '-1', '1', self.leaf('i')))}]"
        if c < 3:
            return f"{self.e('t', d)}[{self.choice(('0', '-1', '1'))}]"
        if c < 4:
            return f"{self.e('d', d)}.get({self.key()}, {self.leaf('i')})"
        if c < 5:
            return f"{self.e('d', d)}[{self.key()}]"
        return f"{self.e('o', 0)}[{self.leaf('i')}]"

    def key(self):
        return self.choice(KEYS) if self.p(0.7) else self.leaf(self.choice("isf"))

    def attribute(self, d):
        target = self.e("o", min(d, 1))
        c = self.r.randrange(10)
        if c < 6:
            return f"{target}.{self.choice(ATTRS)}"
        if c < 7:
            return f"{target}.p"
        if c < 8:
            return f"getattr({target}, {self.choice(ATTRS)!r}, {self.leaf('i')})"
        return self.method(target, d)

    def method(self, target, d):
        if self.scope.cost + 40 * self.scope.times > self.scope.cap:
            return f"{target}.{self.choice(ATTRS)}"
        self.scope.cost += 40 * self.scope.times
        name = self.choice(METHODS)
        arguments = [self.e(self.choice("iiif"), d) for _ in range(self.choice((1, 1, 1, 1, 0, 2)))]
        if arguments and self.p(0.08):
            arguments[-1] = "x=" + arguments[-1]
        if self.p(0.06):
            return f"{self.choice(self.classes)[0] if self.classes else 'MyInt'}.{name}({', '.join([target] + arguments)})"
        return f"{target}.{name}({', '.join(arguments)})"

    def e_f(self, d):
        c = self.choice((self.r.randrange(20), self.r.randrange(20), 14))
        if c < 9:
            kinds = self.choice(("ff", "ff", "fi", "if"))
            return f"({self.e(kinds[0], d)} {self.choice('++--**')} {self.e(kinds[1], d)})"
        if c < 12:
            return f"({self.e('n', d)} / {self.divisor(self.choice('if'), d)})"
        if c < 13:
            return f"({self.e('f', d)} {self.choice(('//', '%'))} {self.divisor(self.choice('if'), d)})"
        if c < 14:
            return f"(-{self.e('f', d)})"
        if c < 16:
            return self.choice(
                (
                    f"float({self.e('i', d)})",
                    f"abs({self.e('f', d)})",
                    f"math.sqrt(abs({self.e('f', d)}))",
                    f"max({self.e('f', d)}, {self.e('f', d)})",
                    f"min({self.e('n', d)}, {self.e('f', d)})",
                    f"round({self.e('f', d)}, 2)",
                    f"math.floor({self.e('f', d)} % 50.0)",
                    f"({self.e('f', d)}).hex()[:0] or {self.leaf('f')}",
                    f"sum({self.e('l', d)}, 0.5)",
                    f"({self.e('f', d)} ** 2)",
                    f"({self.e('i', d)} ** -1)",
                )
            )
        if c < 18:
            return self.attribute(d)
        return self.leaf("f")

    def e_s(self, d):
        c = self.r.randrange(14)
        if c < 3:
            return f"({self.e('s', d)} + {self.e('s', d)})"
        if c < 5:
            v = self.e("n", min(d, 1)) if self.p(0.7) else self.e("s", 0)
            if any(q in v for q in "'\"\\{}!:=#"):
                v = self.name_or(("i", "f", "s"), "TICK")
            if self.p(0.4):
                return f"f'{{{v}!r:>5}}|{{{v}}}'"
            return f"f'<{{{v}}}>'"
        if c < 6:
            return f"('%s:%r' % ({self.e('n', d)}, {self.e('a', 0)}))" if not self.with_del else f"('%s' % ({self.e('n', d)},))"
        if c < 7:
            return f"str({self.e('n', d)})"
        if c < 8:
            return f"{self.e('s', d)}[{self.slice()}]"
        if c < 9:
            return f"({self.e('s', 0)} * {self.choice('0123')})"
        if c < 10:
            return self.comprehension("'-'.join([", "s", "])", min(d, 1))
        if c < 12:
            return self.choice(
                (
                    f"{self.e('s', d)}.upper()",
                    f"{self.e('s', d)}.replace('a', {self.leaf('s')})",
                    f"{self.e('s', d)}.strip()",
                    f"'{{}}/{{!r}}'.format({self.e('n', 0)}, {self.e('n', 0)})",
                    f"type({self.e('a', d)}).__name__",
                    f"repr({self.e('n', d)})",
                    f"format({self.e('f', d)}, '.3g')",
                    f"chr(({self.e('i', d)}) % 500 + 40)",
                    f"','.join(sorted({self.e('s', d)}))",
                )
            )
        return self.leaf("s")

    def name_or(self, kinds, other):
        names = [n for n, k in self.scope.names.items() if k in kinds]
        return self.choice(names) if names else other

    def slice(self):
        part = lambda: self.choice(("", "", "1", "-1", "2", "-2", "0", "3"))  # noqa: E731
        step = self.choice(("", "", "", ":", ":2", ":-1", ":-2"))
        return f"{part()}:{part()}{step}"

    def e_l(self, d):
        c = self.r.randrange(14)
        if c < 4:
            return "[" + ", ".join(self.e(self.choice("iiifn"), d) for _ in range(self.r.randint(0, 3))) + "]"
        if c < 6:
            return self.comprehension("[", self.choice("iif"), "]", d)
        if c < 7:
            return f"{self.e('l', d)}[{self.slice()}]"
        if c < 8:
            return f"({self.e('l', d)} + {self.e('l', d)})"
        if c < 9:
            key = self.choice(("", ", reverse=True", ", key=lambda q: -q", ", key=lambda q: (q % 3, q)", ", key=abs"))
            return f"sorted({self.e('l', d)}{key})"
        if c < 10:
            return self.choice(
                (
                    f"list(range({self.r.randint(0, 6)}))",
                    f"[{self.e('i', d)}] * {self.choice('0123')}",
                    f"list({self.e('t', d)})",
                    f"[*{self.e('l', d)}, {self.e('i', d)}]",
                    f"list(map(lambda q: q + {self.leaf('i')}, {self.e('l', d)}))",
                    f"[q for q in {self.e('l', d)} if q]",
                    f"list(reversed({self.e('l', d)}))",
                    f"[a0 + b0 for a0, b0 in zip({self.e('l', d)}, {self.e('l', d)})]",
                    f"[a0 for a0, b0 in enumerate({self.e('l', d)})]",
                    f"list({self.generator_call(d)})",
                    f"list(filter(None, {self.e('l', d)}))",
                )
            )
        return self.leaf("l")

    def generator_call(self, d):
        usable = [g for g in self.generators if self.affordable(g)]
        if not usable:
            return self.comprehension("(", "i", ")", d)
        return self.call_text(self.choice(usable), d)

    def e_t(self, d):
        c = self.r.randrange(8)
        if c < 4:
            return "(" + "".join(self.e(self.choice("iifsa"), d) + ", " for _ in range(self.r.randint(1, 3))) + ")"
        if c < 5:
            return f"divmod({self.e('i', d)}, {self.divisor('i', d)})"
        if c < 6:
            return f"{self.e('t', d)}[{self.slice()}]"
        if c < 7:
            return f"({self.e('t', d)} + {self.e('t', d)})" if self.p(0.5) else f"tuple({self.e('l', d)})"
        return self.leaf("t")

    def e_d(self, d):
        c = self.r.randrange(8)
        if c < 3:
            return "{" + ", ".join(f"{self.key()}: {self.e(self.choice('iifs'), d)}" for _ in range(self.r.randint(0, 3))) + "}"
        if c < 4:
            return "{q: q * 2 for q in " + self.e("l", d) + "}"
        if c < 5:
            return "{**" + self.e("d", d) + f", {self.key()}: {self.e('i', d)}" + "}"
        if c < 6:
            return f"dict(a={self.e('i', d)}, k={self.e('f', d)})"
        if c < 7:
            return f"({self.e('d', d)} | {self.e('d', d)})"
        return self.leaf("d")

    def e_o(self, d):
        c = self.r.randrange(10)
        if self.classes and c < 2:
            arguments = [self.e(self.choice("iif"), d) for _ in range(self.choice((1, 1, 2, 0)))]
            if arguments and self.p(0.1):
                arguments[-1] = "b=" + arguments[-1]
            return f"{self.choice(self.classes)[0]}({', '.join(arguments)})"
        if c < 4:
            return f"({self.e('o', d)} {self.choice('+-*')} {self.e(self.choice('oin'), d)})"
        if c < 5:
            return f"({self.e('n', d)} {self.choice('+-*')} {self.e('o', d)})"
        if c < 6 and self.p(0.3):
            return f"(-{self.e('o', d)})"
        return self.leaf("o")

    def e_b(self, d):
        c = self.r.randrange(20)
        k = self.choice("iiiiffnnslto")
        compare = lambda: self.choice(("<", "<=", ">", ">=", "==", "!=") if k not in "od" else ("==", "!=", "<"))  # noqa: E731
        if c < 10:
            return f"({self.e(k, d)} {compare()} {self.e(k, d)})"
        if c < 12:
            return f"({self.e(k, d)} {compare()} {self.e(k, d)} {compare()} {self.e(k, d)})"
        if c < 13:
            return f"({self.e(self.choice('ins'), d)} {self.choice(('in', 'not in'))} {self.e(self.choice('ltd'), d)})"
        if c < 14:
            return f"(not {self.e(self.choice('binslo'), d)})"
        if c < 15:
            return self.identity()
        if c < 16:
            return f"isinstance({self.e('a', d)}, {self.choice(('int', 'float', '(int, str)', 'E0', 'list', 'MyInt'))})"
        if c < 17:
            return f"hasattr({self.e('o', d)}, {self.choice(ATTRS)!r})"
        if c < 18:
            return f"({self.e('b', d)} {self.choice(('and', 'or'))} {self.e('b', d)})"
        if c < 19:
            return f"{self.choice(('any', 'all', 'bool'))}({self.e('l', d)})"
        return self.leaf("b")

    def identity(self):
        """Identity only where the language decides it: names that were assigned from each other."""
        names = list(self.scope.names)
        if not names:
            return "(None is None)"
        a = self.choice(names)
        forms = (f"({a} is {a})", f"([{a}][0] is {a})", f"((lambda q: q)({a}) is {a})", f"({a} is None)", f"({a} is not None)")
        if "same" in self.scope.names:
            return self.choice(forms + ("(same[0] is same[1])",) * 2)
        return self.choice(forms)

    # Calls

    def affordable(self, f):
        return self.scope.cost + f.cost * self.scope.times <= self.scope.cap

    def call(self, k, d):
        usable = [
            f for f in self.scope.functions + self.functions if (f.result == k or f.result == "a" or k == "n") and self.affordable(f)
        ]
        if not usable:
            return None
        return self.call_text(self.choice(usable), d)

    def call_text(self, f, d, arguments=None):
        self.scope.cost += f.cost * self.scope.times
        if arguments is None:
            count = self.r.randint(f.required, len(f.kinds)) if not self.p(0.01) else self.r.randint(0, len(f.kinds) + 1)
            kinds = (f.kinds + ["a"])[:count]
            arguments = [self.e(k, d) for k in kinds]
        if f.star and self.p(0.3):
            arguments.append(f"*{self.e(self.choice('lt'), min(d, 1))}")
        elif arguments and len(f.kinds) == f.required and self.p(0.04):
            arguments = [f"*({', '.join(arguments)},)"]
        for name in f.keywords:
            if self.p(0.5):
                arguments.append(f"{name}={self.e('i', min(d, 1))}")
        if f.double and self.p(0.3):
            arguments.append(self.choice((f"z={self.leaf('i')}", "**{'y1': 1}")))
        return f"{f.name}({', '.join(arguments)})"

    # Statements

    def local(self, k):
        """A name to bind; its kind follows from its letter, so that types are mostly stable."""
        if k in "n":
            k = "i"
        name = f"{LETTER[k]}{self.r.randrange(3)}"
        self.scope.names[name] = k
        return name

    def grown(self, text, k):
        """Bounds a value that may grow with each turn of a loop."""
        if not any(c in text for c in "+*<|hF") and "join" not in text:
            return text
        if k in "slt" and (self.scope.loops or self.scope.sort == "module"):
            return f"cl({text})"
        if self.scope.loops < 2 and self.p(0.6) and self.scope.sort != "module":
            if self.scope.loops == 0 or self.scope.times <= 10:
                return text
        if k in "ifn" and self.p(0.6):
            return f"{text} {self.choice(('% 1000003', '% 65521', '% (2**61 - 1)'))}"
        if k == "i" and self.p(0.4):
            return f"{text} & {self.choice(('1023', '2**31 - 1', '2**62 - 1', '2**60 - 1'))}"
        return f"cl({text})"

    def statement(self):
        scope = self.scope
        scope.cost += scope.times
        table = STATEMENTS
        for _ in range(8):
            name = self.choice(table)
            if scope.depth >= 4 and name in COMPOUND:
                continue
            if scope.cost > scope.cap and name in COMPOUND:
                continue
            result = getattr(self, "s_" + name)()
            if result is not None:
                return result
        return None

    def s_assign(self):
        k = self.choice(KINDS)
        text = self.e(k, 3)
        self.line(f"{self.local(k)} = {self.grown(text, k)}")
        return "ok"

    def s_augment(self):
        names = [(n, k) for n, k in self.scope.names.items() if k in "ifslt"]
        if not names:
            return None
        name, k = self.choice(names)
        if k in "if":
            op = self.choice(("+=", "+=", "-=", "*=", "//=", "%=", "&=", "|=", "^=") if k == "i" else ("+=", "-=", "*=", "/="))
            value = self.divisor(k, 1) if op in ("//=", "%=", "/=") else self.e("n" if k == "f" else k, 2)
            self.line(f"{name} {op} {value}")
            if op in ("*=", "+=") and (self.scope.loops > 1 or self.scope.times > 10):
                self.line(f"{name} = {self.choice((f'cl({name})', f'{name} % 1000003'))}")
        else:
            guard = f"if len({name}) < 20: " if k == "l" else ""
            self.line(f"{guard}{name} += {self.e(k, 1)}")
            if self.scope.loops:
                self.line(f"{name} = {name}[:9]")
        return "ok"

    def s_show(self):
        if self.scope.times > 30:
            return None
        count = self.r.randint(1, 2)
        self.line(f"show({', '.join(self.e(self.choice(KINDS), 2) for _ in range(count))})")
        return "ok"

    def s_show_names(self):
        names = list(self.scope.names)
        if not names or self.scope.times > 30:
            return None
        self.line(f"show({', '.join(self.choice(names) for _ in range(3))})")
        return "ok"

    def s_if(self):
        self.block(f"if {self.e('b', 2)}:")
        if self.p(0.2):
            self.block(f"elif {self.e(self.choice('bbin'), 2)}:", 1)
        if self.p(0.5):
            self.block("else:", self.r.randint(1, 2))
        return "ok"

    def loop(self, header, times, names, first=(), tail=()):
        scope = self.scope
        if scope.cost + times * 8 * scope.times > scope.cap * 1.5:
            return None
        scope.loops += 1
        scope.times *= times
        before = dict(scope.names)

        def inside():
            scope.names.update(names)
            for text in first:
                self.line(text)

        hot = times >= 20
        scope.left += 5 * hot
        self.block(header, self.r.randint(3, 7) if hot else self.r.randint(1, 3), inside)
        self.indent += 1
        if hot:  # what the loop's header binds is still bound
            scope.names.update(names)
            for also in (self.s_flip, self.s_late):
                if self.p(0.6):
                    also()
        for text in tail:
            self.line(text)
        self.indent -= 1
        scope.times //= times
        scope.loops -= 1
        if self.p(0.12):
            self.block("else:", 1)
        if self.p(0.5):
            scope.names = {**before, **names} if self.p(0.1) else before
        return "ok"

    def s_for(self):
        c = self.r.randrange(14)
        name = self.local("i") if self.p(0.8) else self.fresh("n")
        self.scope.names.pop(name, None)
        times = self.r.randint(2, 6)
        if self.scope.times == 1 and self.scope.sort == "hot":
            times = self.r.randint(30, 70)
            c = self.choice((0, 0, 0, 0, 4, 8))
        if c < 4:
            start = self.choice(("", "", f"{self.choice(('1', '-3', '2**30 - 3', '2**60 - 2'))}, "))
            if start:
                return self.loop(f"for {name} in range({start}{start[:-2]} + {times}):", times, {name: "i"})
            return self.loop(f"for {name} in range({times}):", times, {name: "i"})
        if c < 6:
            source = self.e("l", 1)
            if self.scope.sort == "hot" and times > 10:
                source = f"[{self.constant('i')}] * {times} + [{self.constant('f')}, {self.constant('i')}, {self.choice(('None', self.constant('s')))}]"
            return self.loop(f"for {name} in {source}:", min(times, 4), {name: "i"})
        if c < 7:
            return self.loop(f"for {name} in {self.e('t', 1)}:", 3, {name: "a"})
        if c < 8:
            return self.loop(f"for {name} in {self.e('s', 1)}[:5]:", 4, {name: "s"})
        if c < 9:
            other = self.fresh("n")
            return self.loop(f"for {other}, {name} in enumerate({self.e('l', 1)}):", 4, {name: "i", other: "i"})
        if c < 10:
            other = self.fresh("n")
            return self.loop(f"for {other}, {name} in {self.e('d', 1)}.items():", 3, {name: "i", other: "a"})
        if c < 11:
            other = self.fresh("n")
            return self.loop(f"for {other}, {name} in zip({self.e('l', 1)}, {self.e('l', 1)}):", 3, {name: "i", other: "i"})
        if c < 13:
            return self.loop(f"for {name} in {self.generator_call(1)}:", 4, {name: "i"})
        return self.loop(f"for {name} in {self.e('d', 1)}:", 3, {name: "a"})

    def s_while(self):
        name = self.fresh("w")
        times = self.r.randint(2, 6)
        if self.scope.times == 1 and self.scope.sort == "hot":
            times = self.r.randint(30, 60)
        self.line(f"{name} = 0")
        condition = f"{name} < {times}" + (f" and {self.e('b', 1)}" if self.p(0.3) else "")
        if self.p(0.2):
            return self.loop("while True:", times, {name: "c"}, (f"{name} += 1", f"if {name} > {times}: break"))
        return self.loop(f"while {condition}:", times, {name: "c"}, (f"{name} += 1",))

    def s_jump(self):
        if not self.scope.loops:
            return None
        word = self.choice(("break", "continue"))
        self.line(f"if {self.e('b', 2)}: {word}")
        return "ok"

    def s_flip(self):
        """A change of types in the middle of a hot loop."""
        if self.scope.times < 20:
            return None
        counters = [n for n in self.scope.names if n[0] in "iwn"]
        names = [n for n in self.scope.names if n not in counters] or [f"i{self.r.randrange(3)}"]
        if not counters:
            return None
        self.line(f"if {self.choice(counters)} == {self.r.randint(10, 60)}: {self.choice(names)} = {self.constant(self.choice('iiffsao'))}")
        return "ok"

    def s_try(self):
        scope = self.scope
        self.block("try:", self.r.randint(1, 3))
        c = self.r.randrange(10)
        if c < 8:
            error = self.choice(
                ("Exception", "Exception", "Exception", "E0", "(TypeError, ZeroDivisionError)", "(E0, AttributeError, TypeError)", "ArithmeticError", "LookupError")
            )
            if self.p(0.04):
                return self.group(error)
            name = self.fresh("x") if self.p(0.7) else None

            def inside():
                if name and self.p(0.5) and scope.times < 40:
                    self.line(f"exc({name})")
                if self.p(0.05):
                    self.line("show(sys.exc_info()[0].__name__)")

            self.block(f"except {error}{' as ' + name if name else ''}:", self.r.randint(1, 2), inside)
            if self.p(0.1) and error != "Exception":
                self.block("except Exception:", 1)
            if self.p(0.15):
                self.block("else:", 1)
        if c >= 6:
            self.block("finally:", self.r.randint(1, 2))
        return "ok"

    def group(self, error):
        name = self.fresh("x")
        loops, self.scope.loops, sort, self.scope.sort = self.scope.loops, 0, self.scope.sort, "plain"
        result, self.scope.result = self.scope.result, None
        self.block(f"except* {error} as {name}:", 1, lambda: self.line(f"show(type({name}).__name__, len({name}.exceptions))"))
        self.scope.loops, self.scope.sort, self.scope.result = loops, sort, result
        return "ok"

    def s_raise(self):
        c = self.r.randrange(8)
        what = self.choice((f"E0({self.e('i', 1)})", f"E1({self.e('s', 1)})", "ValueError", "KeyError('k')", "ZeroDivisionError", "TypeError('t')"))
        if c < 5:
            self.line(f"if {self.e('b', 2)}: raise {what}")
        elif c < 6:
            self.line(f"if {self.e('b', 2)}: raise {what} from {self.choice(('None', 'E0(1)'))}")
        elif c < 7:
            self.line(f"assert {self.e('b', 2)}, {self.e('s', 1)}")
        else:
            if self.scope.depth and self.p(0.3):
                self.line(f"raise {what}")
                return "end"
            self.line(f"if {self.e('b', 1)}: raise")
        return "ok"

    def s_with(self):
        if not self.managers:
            return None
        name = self.local("o") if self.p(0.5) else None
        second = f", {self.choice(self.managers)}({self.leaf('i')})" if self.p(0.15) else ""
        if name:
            self.scope.names.pop(name, None)
        self.block(f"with {self.choice(self.managers)}({self.e('i', 1)}){' as ' + name if name else ''}{second}:")
        return "ok"

    def s_return(self):
        scope = self.scope
        if scope.sort in ("module", "plain") or scope.result is None:
            return None
        if scope.depth == 0 or self.p(0.6):
            self.line(f"if {self.e('b', 2)}: return {self.e(scope.result, 2)}")
            return "ok"
        self.line(f"return {self.e(scope.result, 2)}")
        return "end"

    def s_attribute(self):
        target = self.leaf("o")
        attr = self.choice(ATTRS + ATTRS + ("p", "zz"))
        c = self.r.randrange(10)
        if c < 5:
            text = self.e(self.choice("iiif"), 2)
            self.line(f"{target}.{attr} = cl({text})" if self.p(0.5) else f"{target}.{attr} = {text} % 65521")
        elif c < 8:
            self.line(f"{target}.{attr} {self.choice(('+=', '-=', '+='))} {self.e(self.choice('iif'), 1)}")
            if self.p(0.7):
                self.line(f"{target}.{attr} %= 1000003")
        elif c < 9:
            self.line(f"setattr({target}, {attr!r}, {self.e('i', 1)})")
        else:
            self.line(f"del {target}.{attr}")
        return "ok"

    def s_item(self):
        c = self.r.randrange(12)
        target = self.leaf("l")
        if c < 3:
            self.line(f"{target}[{self.choice(('0', '-1', '1', self.leaf('i')))}] = {self.e(self.choice('iif'), 2)}")
        elif c < 5:
            self.line(f"{self.leaf('d')}[{self.key()}] = {self.e(self.choice('iifsa'), 2)}")
        elif c < 6:
            self.line(f"{target}[{self.choice(('0', '-1'))}] {self.choice(('+=', '-='))} {self.e('i', 2)}")
        elif c < 7:
            self.line(f"{self.leaf('d')}[{self.key()}] {self.choice(('+=', '-='))} {self.e('i', 2)}")
        elif c < 9:
            self.line(
                self.choice(
                    (
                        f"if len({target}) < 20: {target}.append({self.e(self.choice('iifso'), 2)})",
                        f"if len({target}) > 1: {target}.pop({self.choice(('', '0', '-1'))})",
                        f"if len({target}) < 20: {target}.insert({self.choice(('0', '1', '-1'))}, {self.e('i', 1)})",
                        f"{target}.sort(key=lambda q: -q)",
                        f"{target}.reverse()",
                        f"{self.leaf('d')}.pop({self.key()}, None)",
                        f"{self.leaf('d')}.setdefault({self.key()}, {self.leaf('i')})",
                        f"{self.leaf('d')}.update({self.e('d', 1)})",
                        f"if len({target}) < 20: {target}.extend({self.e('t', 1)})",
                    )
                )
            )
        elif c < 10:
            self.line(f"del {self.choice((f'{target}[0]', f'{target}[{self.slice()}]', f'{self.leaf(chr(100))}[{self.key()}]'))}")
        elif c < 11:
            self.line(f"if len({target}) < 20: {target}[{self.choice((':1', '1:', ':', '1:2'))}] = {self.e(self.choice('lt'), 1)}")
        else:
            self.line(f"{self.leaf('o')}[{self.leaf('i')}] = {self.e('i', 1)}")
        return "ok"

    def s_unpack(self):
        c = self.r.randrange(6)
        if c < 2:
            names = [n for n, k in self.scope.names.items() if k in "if"]
            if len(names) < 2:
                return None
            a, b = self.r.sample(names, 2)
            self.line(f"{a}, {b} = {b}, {a}" if self.p(0.6) else f"{a}, {b} = {b}, {self.grown(f'({a} + {b})', 'i')}")
        elif c < 3:
            a, b = self.local("i"), self.local("f")
            self.line(f"{a}, {b} = {self.e('i', 1)}, {self.e('f', 1)}")
        elif c < 4:
            text = self.e("l", 1)
            self.line(f"{self.local('i')}, *{self.local('l')} = {text}")
        elif c < 5:
            text = self.e("t", 1)
            self.line(f"{self.local('a')}, {self.local('i')} = {text}")
        else:
            a = self.leaf("l")
            text = self.e("i", 1)
            self.line(f"{self.local('i')} = {a}[0:1] = ({text},)")
        return "ok"

    def s_alias(self):
        names = [n for n, k in self.scope.names.items() if n != "same" and k != "c"]
        if not names:
            return None
        a = self.choice(names)
        k = self.scope.names[a]
        c = self.r.randrange(3)
        if c == 0:
            b = self.local(k)
            self.line(f"{b} = {a}")
            self.line(f"same = ({a}, {b})")
            self.scope.names["same"] = "t"
        elif c == 1 and k in "if":
            b = self.local(k)
            self.line(f"{b} = {a}; {a} {self.choice(('+=', '-='))} {self.choice(('1', '1.5', '2**30'))}")
            if self.scope.times < 30:
                self.line(f"show({a}, {b}, {a} is {b})" if a == b else f"show({a}, {b})")
        else:
            text = self.leaf("l")
            self.line(f"l0 = {text}[:9]; l0.append({a}); {a} = {self.grown(self.e(k, 1), k)}; same = (l0[-1], l0[len(l0) - 1])")
            self.scope.names["same"] = "t"
            self.scope.names["l0"] = "l"
        return "ok"

    def s_delete(self):
        if not self.scope.names or not self.p(0.3):
            return None
        name = self.choice(list(self.scope.names))
        if name in self.scope.declared or name[0] in "xyz" or self.scope.names[name] == "c":
            return None
        self.line(f"del {name}")
        if self.p(0.9):
            self.scope.names.pop(name)
        return "ok"

    def s_global(self):
        names = [n for n, k in self.globals.items() if k in "if"]
        scope = self.scope
        if not names or scope.sort in ("module", "plain"):
            return None
        name = self.choice(names)
        k = self.globals[name]
        if name not in scope.declared:
            # A declaration must stand above all uses: the function's head has it.
            return None
        if self.p(0.5):
            self.line(f"{name} = ({name} + {self.e(k, 1)}) % 65521")
        else:
            self.line(f"{name} = {self.e(k, 1)} % 1000003")
        return "ok"

    def s_closure(self):
        scope = self.scope
        if scope.sort in ("module", "plain") or scope.depth > 2 or len(scope.functions) > 2 or scope.parent is not None:
            return None
        name = self.fresh("h")
        shared = [n for n, k in scope.names.items() if k in "if" and n not in scope.declared]
        inner = Scope("function", scope)
        inner.result = self.choice("if")
        inner.cap, inner.left = 60, 5
        kinds = [self.choice("if") for _ in range(self.r.randint(0, 2))]
        parameters = [f"x{i}" for i in range(len(kinds))]
        default = self.p(0.3) and parameters
        header = ", ".join(p + (f"={self.leaf(k)}" if default else "") for p, k in zip(parameters, kinds))
        writable = [n for n in shared if n[0] != "x"]
        written = self.choice(writable) if writable and self.p(0.6) else None
        self.line(f"def {name}({header}):")
        self.indent += 1
        self.scope = inner
        if written:
            self.line(f"nonlocal {written}")
        inner.names = {n: k for n, k in scope.names.items() if n in shared and not self.is_local_name(n) or n == written}
        # Names that the inner function binds are its own: read outer ones through other names.
        for n in shared:
            if n != written and self.p(0.5):
                inner.names[n] = scope.names[n]
        inner.names.update(zip(parameters, kinds))
        if written:
            k = scope.names[written]
            self.line(f"{written} = ({written} + {self.e(k, 1)}) % 65521")
        bound = self.choice(("v0", "v1"))
        self.line(f"{bound} = cl({self.e(inner.result, 2)})")
        inner.names[bound] = inner.result
        if self.p(0.3):
            self.line(f"if {self.e('b', 1)}: return {self.e(inner.result, 1)}")
        value = self.e(inner.result, 2)
        self.line(f"return cl({value})" if any(c in value for c in "*<") else f"return {value}")
        self.scope = scope
        self.indent -= 1
        scope.functions.append(Function(name, kinds, inner.result, 15, 0 if default else None))
        if scope.depth:  # possibly never bound: used here only
            self.line(f"{self.local(inner.result)} = {self.call_text(scope.functions.pop(), 1)}")
        return "ok"

    def is_local_name(self, name):
        return len(name) == 2 and name[0] in "ifsltdob" and name[1].isdigit()

    def s_call(self):
        call = self.call(self.choice("ifsa"), 2)
        if not call:
            return None
        self.line(call)
        return "ok"

    def s_tick(self):
        if not self.ticks or self.scope.sort == "module":
            return None
        self.line("tick()")
        return "ok"

    def s_late(self):
        """In a hot loop, once: replaces something, or looks at the frame."""
        counters = [n for n in self.scope.names if n[0] in "iwn" and n[1:].isdigit()]
        if self.scope.times < 20 or not counters:
            return None
        action = self.choice(("peek()", "show(sorted(locals()))", "show({k: v for k, v in sorted(locals().items()) if k[:1] in 'if'})", "", "", "", ""))
        if not action:
            key = self.fresh("k")
            self.late.append(key)
            action = f"late({key!r})"
        self.line(f"if {self.choice(counters)} == {self.r.randint(10, 50)}: {action}")
        return "ok"

    def s_look(self):
        if self.scope.times > 8 or self.scope.sort == "module" or not self.p(0.35):
            return None
        self.line(
            self.choice(
                (
                    "peek()",
                    "show(sorted(locals()))",
                    "show(sys._getframe().f_lineno)",
                    "show({k: v for k, v in sorted(locals().items()) if k[:1] in 'ifs'})",
                    "show([v for k, v in sorted(sys._getframe().f_locals.items()) if type(v) in (int, float)])",
                    "peek(2)",
                )
            )
        )
        return "ok"

    def s_match(self):
        k = self.choice("ilto")
        subject = self.e(k, 1)
        self.line(f"match {subject}:")
        self.indent += 1
        patterns = {
            "i": ("0 | 1", "True", "-1", "int()", "float(y9)", "2.5"),
            "l": ("[]", "[y9]", "[y9, *_]", "[1, y9, *y8]", "(0, *y8)"),
            "t": ("()", "(y9,)", "(y9, y8)", "(int(), *y8)"),
            "o": (f"{self.choice(self.classes)[0]}(a=y9)" if self.classes else "E0()", "None", "object(b=y9)"),
        }[k]
        for pattern in self.r.sample(patterns, 2):
            self.block(f"case {pattern}:", 1)
        if self.p(0.6):
            self.block("case _:", 1)
        self.indent -= 1
        return "ok"

    def s_generator(self):
        """Steps a generator by hand."""
        if self.scope.sort == "module" or self.scope.times > 10:
            return None
        usable = [g for g in self.generators if self.affordable(g)]
        if not usable:
            return None
        v = self.fresh("g")
        self.line(f"{v} = {self.call_text(self.choice(usable), 1)}")
        for _ in range(self.r.randint(1, 3)):
            self.line(
                self.choice(
                    (
                        f"{self.local('i')} = next({v}, -1)",
                        f"show(next({v}, None))",
                        f"for {self.local('i')} in {v}: break",
                        f"show({v}.gi_frame and {v}.gi_frame.f_lineno)",
                    )
                )
            )
        self.line(self.choice((f"{v}.close()", f"del {v}", f"show(list({v}))", f"{v} = None", "pass")))
        return "ok"

    def s_yield(self):
        if self.scope.sort != "generator" or self.scope.result is None:
            return None
        c = self.r.randrange(10)
        if c < 6:
            self.line(f"yield {self.e(self.choice('iiif'), 2)}")
        elif c < 8:
            text = self.e("i", 1)
            self.line(f"{self.local('a')} = yield {text}")
        elif c < 9:
            self.line(f"{self.local('a')} = yield from {self.generator_call(1)}")
        else:
            text = self.e("i", 1)
            self.line(f"{self.local('i')} = ((yield {text}) or 0) + 1")
        return "ok"

    # A program in which every function fails at its first statement tests little: definitions are called on
    # stable arguments as they are made, and most of the lines that raise are replaced.

    def execute(self, first, last, name):
        exec(compile("\n".join(self.lines[first:last]), name, "exec"), self.trial)

    def proofread(self, start, calls):
        """`calls` are expressions over `n`; lines from `start` on are what may be mended."""
        trial = self.trial
        if "show" not in trial:
            exec(PRELUDE, trial)
            trial.update(print=lambda *a, **k: None, tick=lambda: None, late=lambda key: None, peek=lambda depth=1: None, n=0)
        trial["show"] = trial["exc"] = lambda *a: None
        try:
            self.execute(self.tried, start, "<before>")
        except SyntaxError:
            raise
        except Exception:
            pass
        self.tried, here = start, f"<{start}>"
        for _ in range(10):
            try:
                self.execute(start, len(self.lines), here)
                for n in (0, 6):
                    trial["n"] = n
                    for call in calls:
                        eval(call, trial)
                break
            except SyntaxError:
                raise
            except Exception as error:
                tb, line = error.__traceback__, None
                while tb is not None:
                    if tb.tb_frame.f_code.co_filename == here:
                        line = tb.tb_lineno
                    tb = tb.tb_next
            if line is None or self.p(0.04) or not self.mend(start + line - 1):
                break
        self.tried = len(self.lines)

    def mend(self, index):
        text = self.lines[index].lstrip()
        margin = self.lines[index][: -len(text)]
        word = text.split(" ", 1)[0]
        if text.endswith(":") and " " in text:
            if word in ("if", "elif", "while"):
                text = f"{word} {self.choice(('True', 'TICK == 0', 'x9 != 1' if 'x9' in text else '1 < 2'))}:"
                if word == "while":
                    old = self.lines[index].strip()[6:-1]
                    text = f"while {old.split(' and ')[0]}:" if " and " in old and old[0] == "w" else "while False:"
            elif word == "for" and " in " in text:
                target = text[4:].split(" in ", 1)[0]
                text = f"for {target} in {'((1, 2), (3, 4))' if ',' in target else 'range(3)'}:"
            elif word == "match":
                text = "match 1:"
            elif word == "with" and self.managers:
                text = "if True:"
            elif word == "case":
                text = "case 77:"
            else:
                return False
            self.lines[index] = margin + text
            return True
        if text.startswith(("return ", "yield ")):
            value = self.choice(("1", "x1 + 1" if "x1" in text else "2.5", "3"))
            if text == f"{word} {value}":
                return False
            self.lines[index] = f"{margin}{word} {value}"
        elif self.p(0.2) and not text.startswith(("nonlocal", "global", "def", "try", "except", "if ")):
            self.lines[index : index + 1] = [f"{margin}try: {text}", f"{margin}except Exception as x: exc(x)"]
        else:
            target = text.split(" ", 1)[0]
            if len(target) == 2 and target[0] in "ifsltdo" and target[1].isdigit():
                new = f"{target} = {self.constant(target[0])}"
                self.lines[index] = margin + (new if new != text else "pass")
            else:
                self.lines[index] = margin + "pass"
        return True

    # Definitions

    def make_class(self):
        start = len(self.lines)
        name = f"C{len(self.classes)}"
        bases = []
        if self.classes and self.p(0.5):
            bases.append(self.choice(self.classes)[0])
        elif self.p(0.05):
            bases.append(self.choice(("MyInt", "dict", "list", "MyStr")))
        slots = not bases and self.p(0.2)
        builtin = bool(bases) and bases[0] in ("MyInt", "dict", "list", "MyStr")
        self.line(f"class {name}{'(' + bases[0] + ')' if bases else ''}:")
        self.indent += 1
        if slots:
            self.line(f"__slots__ = {self.choice((('a', 'b'), ('a', 'b', 'c'), ('a', 'b', '__dict__')))}")
        if self.p(0.6) and not slots:
            self.line(f"{self.choice(('k', 'k', 'c'))} = {self.constant(self.choice('iif'))}")
        if slots or self.p(0.3):
            self.line(f"k = {self.constant('i')}")
        if not builtin and (not bases or self.p(0.4)):
            if bases and self.p(0.5):
                self.line(f"def __init__(self, a={self.constant('i')}, b={self.constant('n')}):")
                self.line(f"    super().__init__(a, b)")
                if self.p(0.5):
                    self.line(f"    self.{self.choice('abc')} = a")
            else:
                self.line(f"def __init__(self, a={self.constant('i')}, b={self.constant('n')}):")
                order = self.choice((("a", "b"), ("b", "a")))
                for attr in order:
                    self.line(f"    self.{attr} = {attr}")
                if self.p(0.2) and not slots:
                    self.line("    if a: self.c = b")
                if self.p(0.1):
                    self.line("    if a == 7: raise E0('init', a)")
        if builtin:
            self.line("def __init__(self, a=0, b=1):")
            self.line("    self.a, self.b = a, b")
        if not bases or self.p(0.2):
            self.line("def state(self):")
            self.line("    return [getattr(self, n, '-') for n in ('a', 'b', 'c', 'k')]")
        for method in METHODS:
            if self.p(0.75 if not bases else 0.4):
                self.make_method(name, method, bool(bases))
        if self.p(0.4):
            self.line("@property")
            self.line("def p(self):")
            self.method_body("i", 1, ())
            if self.p(0.5):
                self.line("@p.setter")
                self.line("def p(self, value):")
                self.line(f"    self.{self.choice('ab')} = value")
        if not builtin:
            for op in self.r.sample(BINARY[:3], self.choice((0, 1, 2, 3))) + self.r.sample(BINARY[3:], self.choice((0, 0, 1))):
                self.make_operator(name, op)
            if self.p(0.35):
                self.line("def __eq__(self, other):")
                if self.evil and self.p(0.5):
                    self.line("    if BOX: BOX.pop()")
                self.line(f"    if isinstance(other, {name}): return self.a == other.a")
                self.line(f"    return {self.choice(('NotImplemented', 'False', 'self.a == other'))}")
                self.line("__hash__ = " + self.choice(("None", "lambda self: 7")))
            if self.p(0.3):
                self.line("def __lt__(self, other):")
                self.line(f"    if type(other) is {name}: return self.a < other.a")
                self.line(f"    return {self.choice(('NotImplemented', 'self.a < other'))}")
            for special, params, kind in (
                ("__bool__", "self", "b"),
                ("__len__", "self", "small"),
                ("__getitem__", "self, x0", "i"),
                ("__contains__", "self, x0", "b"),
                ("__call__", "self, x0=1", "i"),
                ("__neg__", "self", "i"),
                ("__iter__", "self", "iter"),
                ("__index__", "self", "small"),
                ("__float__", "self", "f"),
            ):
                if self.p(0.12):
                    self.line(f"def {special}({params}):")
                    if kind == "small":
                        self.line("    return 2")
                    elif kind == "iter":
                        self.line("    yield self.a" if self.p(0.5) else "    return iter([self.a, 2])")
                    elif kind == "f":
                        self.line("    return 2.5")
                    elif kind == "b":
                        self.line(f"    return {self.choice(('self.a == 1', 'bool(self.b)', 'True', 'False'))}")
                    else:
                        self.method_body(kind, 1, ("x0",) if "x0" in params else ())
            if self.p(0.12):
                self.line("def __getattr__(self, name):")
                self.line("    if name in ('c', 'p', 'zz'): return 11")
                self.line("    raise AttributeError(name)")
            if self.p(0.04):
                self.line("def __getattribute__(self, name):")
                self.line("    if name == 'k': return 5")
                self.line("    return object.__getattribute__(self, name)")
            if self.p(0.05):
                self.line("def __setattr__(self, name, value):")
                self.line("    object.__setattr__(self, name, value if name != 'b' else 3)")
            if self.p(0.06):
                self.line("def __setitem__(self, x0, value):")
                self.line("    self.a = value")
        if self.with_del and self.p(0.6):
            self.line("def __del__(self):")
            extra = self.choice(("", "", "; BOX.append(1)", "; del BOX[:]", "; raise E0('del')")) if self.evil else ""
            self.line(f"    print('del {name}', rep(getattr(self, 'a', None), 1)){extra}")
        if self.p(0.2):
            self.line("@" + self.choice(("staticmethod", "classmethod")))
            static = "static" in self.lines[-1]
            self.line(f"def m3({'' if static else 'cls, '}x=1):")
            self.line("    return x + 1")
        self.line("pass")
        self.indent -= 1
        text = "\n".join(self.lines[start:])
        self.proofread(start, [f"{name}(n).{m}(2)" for m in METHODS if f"def {m}(" in text] + [f"{name}(n).p"] * ("def p(self):" in text))
        self.classes.append((name, slots))

    def make_method(self, owner, method, derived):
        default = self.choice(("", "=1", "=1.5"))
        self.line(f"def {method}(self, x{default}):")
        if derived and self.p(0.3):
            self.line(f"    return super().{method}(x) {self.choice(('+ 1', '', '* 0.5'))}")
            return
        self.method_body(self.choice("if"), 3, ("x",))

    def method_body(self, result, left, parameters):
        """Methods call functions made before, never methods: this bounds the depth."""
        outer = self.scope
        scope = self.scope = Scope("function")
        scope.cap, scope.left, scope.result = 40, left, result
        scope.names = {x: "i" for x in parameters}
        self.indent += 1
        hidden, self.classes = self.classes, []  # no instances: leaves of kind o are MyInt
        if self.p(0.5):
            self.line(f"self.{self.choice('ab')} {self.choice(('+=', '-='))} {self.e('i', 0)}")
        for _ in range(left - 1):
            if self.p(0.4):
                self.line(f"{self.choice('uv')}1 = {self.e(self.choice('if'), 1)}")
            elif self.p(0.2):
                self.line(f"if {self.e('b', 1)}: return {self.e(result, 1)}")
        if self.p(0.1) and self.ticks:
            self.line("tick()")
        target = f"self.{self.choice(ATTRS[:2] if self.p(0.7) else ATTRS)}"
        self.line(f"return {self.choice((target, f'({target} {self.choice(chr(43) + chr(45))} {self.e(result, 1)})', self.e(result, 2)))}")
        self.classes = hidden
        self.indent -= 1
        self.scope = outer

    def make_operator(self, owner, op):
        symbol = SYMBOL[op]
        result = self.choice((f"{owner}(self.a {{}} {{}}.a)", "self.a {} {}.a", "(self.b {} {}.a)"))
        plain = symbol if op in ("add", "sub") else "+"
        for prefix in ("", "r") if self.p(0.6) else ("",):
            self.line(f"def __{prefix}{op}__(self, other):")
            self.line(f"    if isinstance(other, {owner}): return {result.format(plain, 'other')}")
            other = self.choice(("return NotImplemented", f"return self.a {plain} 1", f"if type(other) is int: return self.a {plain} (other & 255)"))
            self.line(f"    {other}")
            self.line("    return NotImplemented")
        if self.p(0.15):
            self.line(f"def __i{op}__(self, other):")
            self.line(f"    self.a = 1; return {self.choice(('self', 'self', 'NotImplemented', '5'))}")

    def make_manager(self):
        name = f"M{len(self.managers)}"
        self.line(f"class {name}:")
        self.line("    def __init__(self, a): self.a = a")
        self.line(f"    def __enter__(self): {self.choice(('return self', 'return self.a', 'show(self.a); return 3'))}")
        self.line("    def __exit__(self, t, v, tb):")
        if self.p(0.5):
            self.line("        show('exit', t and t.__name__, v, tb and where(tb, v))")
        self.line(f"        {self.choice(('return False', 'pass', 'return t is TypeError', 'return True', 'return self.a', 'if t: raise E1(2)'))}")
        self.managers.append(name)

    def parameters(self, scope):
        """Returns the header's text, and the facts for callers."""
        kinds = [self.choice("iiiffnsltdoo") for _ in range(self.r.randint(1, 4))]
        names = [f"x{i}" for i in range(len(kinds))]
        required = len(kinds)
        parts = list(names)
        if self.p(0.25):
            required = self.r.randint(0, len(kinds) - 1)
            for i in range(required, len(kinds)):
                parts[i] += f"={self.constant(kinds[i]) if kinds[i] not in 'ldo' else 'None'}"
        star = double = False
        keywords = ()
        if self.p(0.12):
            star = True
            parts.append("*rest")
            scope.names["rest"] = "t"
        if self.p(0.12):
            keywords = ("y0", "y1")[: self.r.randint(1, 2)]
            if not star:
                parts.append("*")
            parts += [f"{k}={self.constant('i')}" for k in keywords]
            scope.names.update((k, "i") for k in keywords)
        if self.p(0.08):
            double = True
            parts.append("**more")
            scope.names["more"] = "d"
        scope.names.update(zip(names, kinds))
        return ", ".join(parts), kinds, required, keywords, star, double

    def make_function(self, sort="function"):
        start = len(self.lines)
        name = f"{'Y' if sort == 'generator' else 'F'}{len(self.functions) + len(self.generators)}"
        scope = self.scope = Scope(sort)
        if sort == "hot":
            scope.cap = 900
        header, kinds, required, keywords, star, double = self.parameters(scope)
        scope.result = self.choice("iiiffsltoa")
        scope.left = self.r.randint(6, 16)
        self.line(f"def {name}({header}):")
        self.indent += 1
        names = [n for n, k in self.globals.items() if k in "if"]
        if names and self.p(0.4):
            declared = self.r.sample(names, min(len(names), self.r.randint(1, 2)))
            self.line(f"global {', '.join(declared)}")
            scope.declared |= set(declared)
        for k in self.r.sample("iifffsldoottb", self.r.randint(2, 6)):
            self.line(f"{self.local(k)} = {self.constant(k)}")
        if sort == "hot":
            self.choice((self.s_for, self.s_for, self.s_while))()
        if sort == "generator":
            self.s_yield()
        self.body(self.r.randint(3, 7))
        if sort == "generator":
            if self.p(0.3):
                self.block("try:", 1, self.s_yield)
                self.block(self.choice(("finally:", "except E0:", "except GeneratorExit:")), 1, lambda: self.line("show('unwound')"))
                if "GeneratorExit" in "".join(self.lines[-6:]) and self.p(0.5):
                    self.line("raise E1(4)") if self.p(0.3) else None
            self.s_yield()
            if self.p(0.4):
                self.line(f"return {self.e('i', 1)}")
        else:
            self.line(f"return {self.e(scope.result, 3)}")
        self.indent -= 1
        made = Function(name, kinds, scope.result, max(scope.cost, 3), required, keywords, star, double)
        self.scope = Scope("module")
        made.stable = [self.argument(k, True) for k in kinds]
        call = f"{name}({', '.join(made.stable)})"
        self.proofread(start, [f"list(islice({call}, 9))" if sort == "generator" else call])
        (self.generators if sort == "generator" else self.functions).append(made)
        return made

    def make_recursion(self):
        name = f"F{len(self.functions) + len(self.generators)}"
        scope = self.scope = Scope("function")
        scope.cap = 30
        scope.names = {"x1": "n"}
        self.line(f"def {name}(x0, x1=1):")
        self.indent += 1
        self.line(f"if {self.choice(('x0 <= 0 or not x0 < 10', 'not 0 < x0 < 10'))}: return {self.e('n', 1)}")
        if self.p(0.3):
            self.line(f"if x0 == 3 and {self.e('b', 1)}: raise E0(x0)")
        step = self.choice((f"{name}(x0 - 1, x1)", f"{name}(x0 - 1, {self.e('n', 1)})", f"{name}(x0 - 2) + {name}(x0 - 3)"))
        if self.p(0.3):
            self.line("try:")
            self.line(f"    return {step} {self.choice('+-')} {self.e('n', 1)}")
            self.line(f"except {self.choice(('TypeError', 'E0', 'Exception'))} as x: exc(x); {self.choice(('raise', 'return 1', 'raise E1(x0)'))}")
            if self.p(0.5):
                self.line(f"finally: x1 = {self.e('n', 1)}")
        else:
            self.line(f"return {step} {self.choice('+-')} {self.e('n', 1)}")
        self.indent -= 1
        self.scope = Scope("module")
        self.functions.append(Function(name, ["small", "n"], "n", 120, 1))

    def make_coroutine(self):
        """A coroutine that awaits another, driven by send()."""
        n = self.fresh("")
        self.line(f"class Wait{n}:")
        self.line("    def __init__(self, a): self.a = a")
        self.line("    def __await__(self):")
        self.line("        got = yield self.a")
        self.line("        return got or self.a")
        self.line(f"async def source{n}(x0):")
        self.line(f"    for i0 in range({self.r.randint(1, 4)}):")
        self.line(f"        yield i0 + x0")
        self.line(f"        if x0 == 5: await Wait{n}(x0)")
        self.line(f"async def inner{n}(x0, x1):")
        self.line(f"    i0 = await Wait{n}(x0)")
        self.line(f"    if i0 == {self.choice(SMALL)}: raise E0(i0)")
        self.line(f"    return i0 {self.choice('+-*')} x1")
        self.line(f"async def outer{n}(x0, x1):")
        self.line("    i1 = 0")
        self.line("    try:")
        self.line(f"        i1 += await inner{n}(x0, x1)")
        self.line(f"        async for i2 in source{n}(x0): i1 += i2")
        self.line("    except E0 as x: exc(x)")
        self.line(f"    return [i1, await Wait{n}(i1), [i3 async for i3 in source{n}(x1)]]")
        self.line(f"for n in range({self.r.randint(10, 20)}):")
        self.line(f"    c = outer{n}(n % 8, {self.choice(('2', '1.5', 'n', '2**60'))} if n < {self.r.randint(8, 14)} else {self.constant('a')})")
        self.line("    sent = None")
        self.line("    try:")
        self.line("        while True:")
        self.line(f"            sent = c.send({self.choice(('None', 'sent', 'n'))} if sent is not None else None)")
        self.line(f"            if n == {self.r.randint(8, 13)}: c.throw(E0('t'))")
        self.line("    except Exception as x: exc(x)")
        self.line("    c.close()")

    # What changes while the program runs

    def patch(self):
        """One statement that invalidates something; used by PLAN and by drivers."""
        c = self.r.randrange(24)
        cls = self.choice(self.classes)[0]
        f = self.choice(self.functions)
        value = self.constant(self.choice("iifs"))
        attr = self.choice(ATTRS)
        g = self.choice(list(self.globals)) if self.globals else "G9"
        if c < 3:
            return f"{cls}.{self.choice(METHODS)} = lambda self, x=2: {self.choice(('x', 'self.a', 'x + 1', '1.5', 'self.b'))}"
        if c < 4:
            return f"del {cls}.{self.choice(METHODS)}"
        if c < 6:
            return f"{cls}.{attr} = {value}"
        if c < 7:
            return f"{cls}.{self.choice(('p', 'a', 'k', 'c'))} = property(lambda self: {value})"
        if c < 8:
            return f"{cls}.__{self.choice(BINARY[:3])}__ = lambda self, other: {value}"
        if c < 9:
            return f"{cls}.__getattr__ = lambda self, name: {value}"
        if c < 11:
            same = [h for h in self.functions[: self.functions.index(f)] if len(h.kinds) == len(f.kinds)]
            other = self.choice(same).name if same else f"(lambda *q, **k: {value})"
            return f"globals()[{f.name!r}] = {other}"
        if c < 12:
            same = self.functions[: self.functions.index(f)]
            if same:  # an earlier one, which does not call this one
                return f"{f.name}.__code__ = {self.choice(same).name}.__code__"
        if c < 14:
            return f"{f.name}.__defaults__ = {self.choice(('(1,)', '(2.5, 1)', 'None', '(1, 2, 3, 4)'))}"
        if c < 17:
            return f"globals()[{g!r}] = {value}"
        if c < 18:
            return f"globals().pop({g!r}, None)"
        if c < 20:
            return f"globals()[{self.choice(('len', 'abs', 'min', 'max', 'range', 'isinstance', 'sum', 'cl', 'divmod', 'int'))!r}] = lambda *q, **k: {self.choice(('7', '[1, 2]', '1.5', 'True'))}"
        if c < 21:
            return f"globals().pop({self.choice(('len', 'abs', 'min', 'max', 'range', 'isinstance', 'sum'))!r}, None)"
        if c < 22:
            return f"setattr(builtins, {self.choice(('abs', 'max', 'round', 'hash', 'sum', 'ord'))!r}, lambda *q: {self.choice(('4', '2.5'))})"
        if c < 23:
            return f"{cls}.m0 = {self.choice((f'staticmethod(lambda x=1: x)', f'classmethod(lambda cls, x=1: x)', 'len', 'abs', self.early, 'E0', 'None'))}"
        other = self.choice(self.classes)[0]
        return f"OBJECTS[0].__class__ = {other}"

    def plan(self):
        """PLAN: what tick() does at which call."""
        self.line("PLAN = {}")
        moments = [repr(k) for k in self.late]
        if self.ticks:
            moments += [self.r.randint(5, 150) for _ in range(self.r.randint(1, 4))]
        for at in moments:
            name = self.fresh("act")
            self.line(f"def {name}():")
            self.line("    try:")
            self.line(f"        {self.patch()}")
            self.line("    except Exception as x: exc(x)")
            self.line(f"PLAN[{at}] = {name}")

    # Drivers

    def argument(self, k, stable):
        if k == "small":
            return self.choice(("n % 7", "4", "6")) if stable else self.choice(("-1", "2.5", "True", "3"))
        if k == "o":
            return "OBJECTS[0]" if self.p(0.5) else self.constant("o")
        if stable and k in "in" and self.p(0.5):
            return self.choice(("n", "n + 1", "n % 5", "-n", "n * 3"))
        if stable and k == "i" and self.p(0.25):
            return self.choice(NEAR) + self.choice((" - 10 + n", " + n", "", " - n"))
        if stable and k == "f" and self.p(0.5):
            return self.choice(("n * 0.5", "n / 3", "n + 0.25"))
        return self.constant(k)

    def changed(self, k):
        if self.p(0.35):
            return self.argument(k, False)
        if k == "i" and self.p(0.4):
            return self.choice(NEAR)
        return self.constant({"i": "fnsa", "f": "iina", "n": "fisa", "s": "sial", "l": "tdla", "t": "lsi", "d": "dlo", "o": "oaoi"}.get(k, "iaf")[self.r.randrange(3)])

    def keyword_tail(self, f):
        parts = [f"{k}={self.constant('i')}" for k in f.keywords if self.p(0.4)]
        return "".join(", " + p for p in parts)

    def drive(self, f):
        c = self.r.randrange(10)
        hot = self.r.randint(12, 45) if f.cost < 400 else self.r.randint(6, 14)
        if f.cost > 700:
            hot = min(hot, 7)
        stable = ", ".join(f.stable or [self.argument(k, True) for k in f.kinds])
        cases = []
        for _ in range(self.r.randint(2, 4)):
            cases.append("(" + "".join((self.changed(k) if self.p(0.6) else self.argument(k, True)) + ", " for k in f.kinds) + ")")
        inside = self.p(0.5)
        name = self.fresh("drive")
        if inside:
            self.line(f"def {name}():")
            self.indent += 1
        self.line(f"for n in range({hot + len(cases)}):")
        self.indent += 1
        if self.p(0.35):
            self.line(f"if n == {self.r.randint(5, hot)}:")
            self.line("    try:")
            self.line(f"        {self.patch()}")
            self.line("    except Exception as x: exc(x)")
        self.line("try:")
        tail = self.keyword_tail(f)
        if c < 5:
            self.line(f"    if n < {hot}: show(n, {f.name}({stable}{tail}))")
            self.line(f"    else: show(n, {f.name}(*[{', '.join(cases)}][n - {hot}]))")
        elif c < 8:
            self.line(f"    arguments = ({stable},) if n < {hot} else [{', '.join(cases)}][n - {hot}]")
            self.line(f"    show({f.name}(*arguments))")
        else:
            self.line(f"    value = {f.name}({stable})")
            self.line("    show(value)" if self.p(0.6) else "    if n % 5 == 0: show(n, value)")
        self.line(f"except Exception as x: exc(x)")
        self.indent -= 1
        if inside:
            self.indent -= 1
            self.line(f"{name}()")

    def drive_generator(self, g):
        self.line(f"for n in range({self.r.randint(8, 25)}):")
        stable = ", ".join(g.stable or [self.argument(k, True) for k in g.kinds])
        self.indent += 1
        self.line(f"gen = {g.name}({stable})")
        self.line("try:")
        self.indent += 1
        steps = self.r.randint(1, 4)
        self.line("show(next(gen))")
        for _ in range(steps):
            self.line(
                self.choice(
                    (
                        "show(gen.send(n))",
                        "show(next(gen))",
                        f"show(gen.send({self.constant('a')}))",
                        "show([v for v in gen])",
                        "for v in gen: show(v); break",
                        f"if n > {self.r.randint(3, 14)}: show(gen.throw(E0(n)))",
                        f"if n == {self.r.randint(3, 14)}: gen.close()",
                        f"if n == {self.r.randint(3, 14)}: gen = None",
                        "show(gen.gi_frame and [v for k, v in sorted(gen.gi_frame.f_locals.items()) if type(v) in (int, float, str)])",
                        "show(gen.gi_running, gen.gi_frame and gen.gi_frame.f_lineno)",
                    )
                )
            )
        self.indent -= 1
        self.line("except StopIteration as x: show('stop', x.value)")
        self.line("except Exception as x: exc(x)")
        self.indent -= 1
        self.line("gen = None")

    def drive_objects(self):
        """One site, several classes, attributes that come and go."""
        name = self.fresh("use")
        target = self.choice(self.classes)[0]
        other = self.choice(self.classes)[0]
        hot = self.r.randint(15, 40)
        self.line(f"def {name}(o, n):")
        for _ in range(self.r.randint(1, 4)):
            attr = self.choice(ATTRS + ("p",))
            self.line(
                "    "
                + self.choice(
                    (
                        f"o.{attr} = n",
                        f"o.{attr} += 1",
                        f"show(o.{attr})",
                        f"n = o.{self.choice(METHODS)}(n)",
                        f"show(o {self.choice('+-*')} n)",
                        f"n = {self.choice(('1', '1.5', 'n'))} + o",
                        f"if n == {self.r.randint(5, hot)}: del o.{attr}",
                        f"if n > {self.r.randint(5, hot)}: o.{self.choice(METHODS)} = lambda x=1: x",
                        f"if n == {self.r.randint(5, hot)}: o.__dict__ = {{'a': n, 'zz': 2}}",
                        f"if n == {self.r.randint(5, hot)}: o.__dict__['k'] = 2.5",
                        f"if n == {self.r.randint(5, hot)}: vars(o).clear()",
                        "m = o.m0; show(m(2))",
                        f"show(o == n, o is n, n in ({self.constant('i')}, o))",
                        "for v in o: show(v); break",
                        "show(len(o))",
                        "show(o[n])",
                        "show(o(n))",
                        "if o: n = 5",
                        f"show(o < {other}(3))",
                        "show(type(o)(n).a)",
                        "show(isinstance(o, " + other + "))",
                    )
                )
            )
        self.line("    return n")
        self.line(f"try: held = [{target}(n) for n in range(3)] + [{other}(4), {self.constant('o')}]")
        self.line("except Exception as x: held = OBJECTS * 3; exc(x)")
        self.line(f"for n in range({hot + 8}):")
        self.line("    try:")
        self.line(f"        show({name}(held[n % 3] if n < {hot} else held[n % 5], n))")
        self.line("    except Exception as x: exc(x)")
        if self.p(0.4):
            self.line(f"    if n == {self.r.randint(4, hot)}:")
            self.line("        try:")
            self.line(f"            {self.patch()}")
            self.line("        except Exception as x: exc(x)")
        self.line(self.choice(("del held", "held = None", "held.pop()", "held[0] = None")))

    def drive_death(self):
        """Objects that die in the middle of expressions; their __del__ prints."""
        cls = self.choice(self.classes)[0]
        name = self.fresh("death")
        self.line(f"def {name}(n):")
        for _ in range(self.r.randint(2, 5)):
            self.line(
                "    "
                + self.choice(
                    (
                        f"o = {cls}(n)",
                        f"o = {cls}(n).a",
                        f"o = [{cls}(n), {cls}(n + 1)][0]",
                        f"{cls}(n)",
                        f"q = ({cls}(1), n)[1]",
                        f"l = [{cls}(n)]; l[0] = n; show('stored')",
                        f"d = {{1: {cls}(n)}}; d[1] = 2; show('stored')",
                        f"l = [{cls}(1), {cls}(2)]; del l[:1]; show(len(l))",
                        f"o = {cls}(n); o = {cls}(n + 1); show('second')",
                        f"o = {cls}(n); o.b = {cls}(5); o.b = 1",
                        f"for q in [{cls}(1), {cls}(2)]: show('turn')",
                        f"if n == 9: raise E0({cls}(n).a)",
                        f"o = {cls}(n); show(isinstance(o, E0)); del o",
                        f"(lambda q: show('in'))({cls}(n))",
                        f"show({cls}(n) is {cls}(n + 1), 'compared')",
                        f"a, b = {cls}(1), {cls}(2); a, b = b, a; a = None; show('swapped')",
                        f"show([{cls}(q).a for q in range(2)])",
                        f"o = {cls}(n).m0(1) if hasattr({cls}, 'm0') else 0",
                        f"BOX.append({cls}(3)); BOX[:] = []",
                        f"x = y = {cls}(n); x = 1; show('one left'); y = 2",
                        f"{cls}(1) + {cls}(2)",
                        f"o = {cls}({cls}(n).a)",
                        f"o = (q for q in [{cls}(n)]); next(o); o = None",
                    )
                )
            )
        self.line("    return n")
        self.line(f"for n in range({self.r.randint(8, 24)}):")
        self.line(f"    try: show({name}(n))")
        self.line("    except Exception as x: exc(x)")

    def drive_refcounts(self):
        """Functions are called with objects whose reference counts must come back."""
        usable = [f for f in self.functions if f.kinds and f.cost < 300] or self.functions
        f = self.choice(usable)
        self.line("WATCHED = [float('1234.5'), 10 ** 25, str(1234567), [1, 2.5], (1, [2]), E0('w'), object()]")
        self.line("def counts(): return [sys.getrefcount(w) for w in WATCHED]")
        self.line("before = counts()")
        self.line(f"for n in range({self.r.randint(8, 20)}):")
        arguments = ", ".join(f"WATCHED[(n + {i}) % 7]" if self.p(0.8) else self.argument(k, True) for i, k in enumerate(f.kinds))
        self.line(f"    try: {f.name}({arguments})")
        self.line("    except Exception as x: show(type(x).__name__)")
        self.line("x = None")
        self.line("gc.collect()")
        self.line("show('refcounts', [b - a for a, b in zip(before, counts())])")

    def drive_recursion_error(self):
        self.line("def deep(n): return deep(n + 1) + 1" if self.p(0.5) else "def deep(n): return [deep(n + 1) for q in (1,)]")
        self.line("try: deep(0)")
        self.line("except RecursionError as x: show(type(x).__name__)")

    def program(self):
        for i in range(self.r.randint(2, 5)):
            k = self.choice("iiffsldt")
            self.line(f"G{i} = {self.constant(k)}")
            self.globals[f"G{i}"] = k
        self.line("BOX = [1, 2]")
        if self.p(0.4):
            self.make_manager()
        if self.p(0.5):
            self.early = self.make_function().name  # calls no methods of classes
        for _ in range(self.r.randint(1, 3)):
            self.make_class()
        self.line(f"try: OBJECTS = [{self.classes[0][0]}(1), {self.classes[-1][0]}(2, 3)]")
        self.line("except Exception as x: OBJECTS = [MyInt(1), MyInt(2)]; exc(x)")
        self.globals["OBJECTS"] = "l"
        drivers = []
        for _ in range(self.r.randint(2, 4)):
            c = self.r.randrange(20)
            if c < 7:
                drivers.append((self.drive, self.make_function()))
            elif c < 14:
                drivers.append((self.drive, self.make_function("hot")))
            elif c < 18:
                drivers.append((self.drive_generator, self.make_function("generator")))
            else:
                self.make_recursion()
                drivers.append((self.drive, self.functions[-1]))
        if not self.functions:
            self.make_function()
        self.plan()
        for make, what in drivers:
            make(what)
        if self.p(0.35):
            self.drive_objects()
        if self.with_del:
            self.drive_death()
        if self.p(0.05):
            self.make_coroutine()
        if self.p(0.3):
            self.drive_refcounts()
        if self.p(0.015):
            self.drive_recursion_error()
        self.line("for name in ('len', 'abs', 'min', 'max', 'range', 'isinstance', 'sum', 'int', 'divmod'): globals().pop(name, None)")
        self.line("gc.collect()")
        self.line(f"show('end', TICK, {', '.join(f'globals().get({n!r})' for n in self.globals)})")
        return PRELUDE + "\n".join(self.lines) + "\n"


STATEMENTS = (
    ["assign"] * 12
    + ["augment"] * 8
    + ["show"] * 3
    + ["show_names"]
    + ["if"] * 6
    + ["for"] * 5
    + ["while"] * 2
    + ["jump"] * 4
    + ["flip"] * 4
    + ["late"] * 4
    + ["try"] * 4
    + ["raise"] * 2
    + ["with"] * 2
    + ["return"] * 2
    + ["attribute"] * 5
    + ["item"] * 5
    + ["unpack"] * 3
    + ["alias"] * 3
    + ["delete", "closure", "closure", "call", "tick", "look", "look", "match", "generator"]
    + ["global"] * 2
    + ["yield"] * 5
)
COMPOUND = {"if", "for", "while", "try", "with", "match"}


class Slow(BaseException):
    pass


def too_slow(number, frame):
    raise Slow


def generate(number):
    """The program's text, and its code: a program that does not compile is made again."""
    salt = 0
    warnings.simplefilter("ignore", SyntaxWarning)
    signal.signal(signal.SIGVTALRM, too_slow)
    sys.unraisablehook = lambda what: None
    while True:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, 3)
            text = Generator(f"{number}/{salt}").program()
            return text, compile(text, f"fuzz{number}.py", "exec")
        except (SyntaxError, Slow, RecursionError, MemoryError):
            salt += 1
            if salt > 20:
                raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(generate(int(sys.argv[1]))[0], end="")
    else:  # FIRST LAST FILE: what `run` reads, one record at a time, since a program may hang us
        with open(sys.argv[3], "ab") as file:
            for number in range(int(sys.argv[1]), int(sys.argv[2])):
                marshal.dump((number, f"fuzz{number}.py", generate(number)[1]), file)
                file.flush()
