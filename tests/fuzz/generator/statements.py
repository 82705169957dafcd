"""Statements without a body."""

from generator.vocabulary import KINDS


class Statements:
    """Assignments, output, deletion, globals."""

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
        names = self.named("if", self.globals)
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

    def s_look(self):
        if self.scope.times > 8 or self.scope.sort == "module" or not self.p(0.35):
            return None
        self.line_of(
            "peek()",
            "show(sorted(locals()))",
            "show(sys._getframe().f_lineno)",
            "show({k: v for k, v in sorted(locals().items()) if k[:1] in 'ifs'})",
            "show([v for k, v in sorted(sys._getframe().f_locals.items()) if type(v) in (int, float)])",
            "peek(2)",
        )
        return "ok"
