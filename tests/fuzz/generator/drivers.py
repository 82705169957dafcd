"""Who calls the functions: hot with stable types, and then with others."""

import contextlib

from generator.vocabulary import ATTRS, METHODS, NEAR


class Drivers:
    """Loops at module level that call what has been defined."""

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
        with self.indented(f"def {name}():") if inside else contextlib.nullcontext():
            with self.indented(f"for n in range({hot + len(cases)}):"):
                self.calls_of(f, c, hot, stable, ", ".join(cases))
        if inside:
            self.line(f"{name}()")

    def calls_of(self, f, c, hot, stable, cases):
        if self.p(0.35):
            with self.indented(f"if n == {self.r.randint(5, hot)}:"):
                self.write_patch()
        self.line("try:")
        tail = self.keyword_tail(f)
        if c < 5:
            self.line(f"    if n < {hot}: show(n, {f.name}({stable}{tail}))")
            self.line(f"    else: show(n, {f.name}(*[{cases}][n - {hot}]))")
        elif c < 8:
            self.line(f"    arguments = ({stable},) if n < {hot} else [{cases}][n - {hot}]")
            self.line(f"    show({f.name}(*arguments))")
        else:
            self.line(f"    value = {f.name}({stable})")
            self.line("    show(value)" if self.p(0.6) else "    if n % 5 == 0: show(n, value)")
        self.line("except Exception as x: exc(x)")

    def drive_objects(self):
        """One site, several classes, attributes that come and go."""
        name = self.fresh("use")
        target = self.choice(self.classes)[0]
        other = self.choice(self.classes)[0]
        hot = self.r.randint(15, 40)
        self.line(f"def {name}(o, n):")
        for _ in range(self.r.randint(1, 4)):
            attr = self.choice(ATTRS + ("p",))
            self.line_of(
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
                margin="    ",
            )
        self.line("    return n")
        self.line(f"try: held = [{target}(n) for n in range(3)] + [{other}(4), {self.constant('o')}]")
        self.line("except Exception as x: held = OBJECTS * 3; exc(x)")
        with self.indented(f"for n in range({hot + 8}):"):
            self.line("try:")
            self.line(f"    show({name}(held[n % 3] if n < {hot} else held[n % 5], n))")
            self.line("except Exception as x: exc(x)")
            if self.p(0.4):
                with self.indented(f"if n == {self.r.randint(4, hot)}:"):
                    self.write_patch()
        self.line_of("del held", "held = None", "held.pop()", "held[0] = None")

    def drive_death(self):
        """Objects that die in the middle of expressions; their __del__ prints."""
        cls = self.choice(self.classes)[0]
        name = self.fresh("death")
        self.line(f"def {name}(n):")
        for _ in range(self.r.randint(2, 5)):
            self.line_of(
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
                margin="    ",
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
        self.line("def counts(): return list(map(sys.getrefcount, WATCHED))")
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
