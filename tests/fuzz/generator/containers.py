"""Strings, lists, tuples and dicts: expressions, items, slices, unpacking."""

from generator.vocabulary import KEYS


class Containers:
    """Expressions of kinds s, l, t and d, and statements that change or unpack them."""

    def key(self):
        return self.choice(KEYS) if self.p(0.7) else self.leaf(self.choice("isf"))

    def slice(self):
        part = lambda: self.choice(("", "", "1", "-1", "2", "-2", "0", "3"))  # noqa: E731
        step = self.choice(("", "", "", ":", ":2", ":-1", ":-2"))
        return f"{part()}:{part()}{step}"

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
            return self.one_of(
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
        return self.leaf("s")

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
            return self.one_of(
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
        return self.leaf("l")

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
            self.line_of(
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
            names = self.named("if")
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
