"""Ints, floats, bools and comparisons."""

from generator.vocabulary import ATTRS


class Numbers:
    """Expressions of kinds i, f, n (either) and b."""

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
            return self.one_of(
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
            return self.one_of(
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
        if c < 18:
            return self.attribute(d)
        return self.leaf("f")

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
