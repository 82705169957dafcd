"""Expressions of a kind: names, constants, and what the kind's module makes."""

from generator.scope import Scope
from generator.vocabulary import FLOATS, INTS, KEYS, KINDS, SMALL, STRINGS


class Expressions:
    """`e(kind, depth)` is an expression; kinds are letters."""

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
