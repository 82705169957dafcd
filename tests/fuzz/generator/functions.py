"""Functions, hot loops, generators' bodies, recursion."""

from generator.scope import Function, Scope


class Functions:
    """Definitions of functions."""

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
        with self.indented(f"def {name}({header}):"):
            names = self.named("if", self.globals)
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
        with self.indented(f"def {name}(x0, x1=1):"):
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
        self.scope = Scope("module")
        self.functions.append(Function(name, ["small", "n"], "n", 120, 1))
