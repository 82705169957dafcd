"""Calls of generated functions, and closures."""

from generator.scope import Function, Scope


class Calls:
    """Calls whose cost the caller can afford: this bounds how long a program runs."""

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

    def s_call(self):
        call = self.call(self.choice("ifsa"), 2)
        if not call:
            return None
        self.line(call)
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
        with self.indented(f"def {name}({header}):"):
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
        scope.functions.append(Function(name, kinds, inner.result, 15, 0 if default else None))
        if scope.depth:  # possibly never bound: used here only
            self.line(f"{self.local(inner.result)} = {self.call_text(scope.functions.pop(), 1)}")
        return "ok"

    def is_local_name(self, name):
        return len(name) == 2 and name[0] in "ifsltdob" and name[1].isdigit()
