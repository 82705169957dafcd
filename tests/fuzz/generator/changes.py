"""What changes while the program runs."""

from generator.vocabulary import ATTRS, BINARY, METHODS


class Changes:
    """Replaces what hot code relied on: at a moment of `tick()` and `late()`, or of a driver."""

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

    def write_patch(self):
        self.line("try:")
        self.line(f"    {self.patch()}")
        self.line("except Exception as x: exc(x)")

    def plan(self):
        """PLAN: what tick() does at which call."""
        self.line("PLAN = {}")
        moments = [repr(k) for k in self.late]
        if self.ticks:
            moments += [self.r.randint(5, 150) for _ in range(self.r.randint(1, 4))]
        for at in moments:
            name = self.fresh("act")
            with self.indented(f"def {name}():"):
                self.write_patch()
            self.line(f"PLAN[{at}] = {name}")
