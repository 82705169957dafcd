"""Branches, loops, exceptions, with, match, return."""


class Control:
    """Statements with a body, and jumps out of one."""

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
        with self.indented():
            if hot:  # what the loop's header binds is still bound
                scope.names.update(names)
                for also in (self.s_flip, self.s_late):
                    if self.p(0.6):
                        also()
            for text in tail:
                self.line(text)
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

    def s_match(self):
        k = self.choice("ilto")
        subject = self.e(k, 1)
        with self.indented(f"match {subject}:"):
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
        return "ok"
