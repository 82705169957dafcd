"""Classes and context managers."""

from generator.scope import Scope
from generator.vocabulary import ATTRS, BINARY, METHODS, SYMBOL

BUILTIN_BASES = ("MyInt", "dict", "list", "MyStr")
# Name, parameters, kind of the result.
SPECIAL = (
    ("__bool__", "self", "b"),
    ("__len__", "self", "small"),
    ("__getitem__", "self, x0", "i"),
    ("__contains__", "self, x0", "b"),
    ("__call__", "self, x0=1", "i"),
    ("__neg__", "self", "i"),
    ("__iter__", "self", "iter"),
    ("__index__", "self", "small"),
    ("__float__", "self", "f"),
)


class Classes:
    """Definitions of classes, slots, properties, operators and special methods."""

    def make_class(self):
        start = len(self.lines)
        name = f"C{len(self.classes)}"
        base = None
        if self.classes and self.p(0.5):
            base = self.choice(self.classes)[0]
        elif self.p(0.05):
            base = self.choice(BUILTIN_BASES)
        slots = base is None and self.p(0.2)
        builtin = base in BUILTIN_BASES
        with self.indented(f"class {name}{f'({base})' if base else ''}:"):
            self.class_attributes(slots)
            self.constructor(base, builtin, slots)
            if not base or self.p(0.2):
                self.define("state(self)", "return [getattr(self, n, '-') for n in ('a', 'b', 'c', 'k')]")
            for method in METHODS:
                if self.p(0.4 if base else 0.75):
                    self.make_method(method, bool(base))
            if self.p(0.4):
                self.make_property()
            if not builtin:
                for op in self.r.sample(BINARY[:3], self.choice((0, 1, 2, 3))) + self.r.sample(BINARY[3:], self.choice((0, 0, 1))):
                    self.make_operator(name, op)
                self.comparisons(name)
                self.special_methods()
                self.attribute_hooks()
            if self.with_del and self.p(0.6):
                extra = self.choice(("", "", "; BOX.append(1)", "; del BOX[:]", "; raise E0('del')")) if self.evil else ""
                self.define("__del__(self)", f"print('del {name}', rep(getattr(self, 'a', None), 1)){extra}")
            if self.p(0.2):
                decorator = self.choice(("staticmethod", "classmethod"))
                self.line("@" + decorator)
                self.define(f"m3({'cls, ' if decorator == 'classmethod' else ''}x=1)", "return x + 1")
            self.line("pass")
        text = "\n".join(self.lines[start:])
        self.proofread(start, [f"{name}(n).{m}(2)" for m in METHODS if f"def {m}(" in text] + [f"{name}(n).p"] * ("def p(self):" in text))
        self.classes.append((name, slots))

    def define(self, header, *body):
        """A method of few lines."""
        self.line(f"def {header}:")
        for text in body:
            self.line("    " + text)

    def class_attributes(self, slots):
        if slots:
            self.line(f"__slots__ = {self.choice((('a', 'b'), ('a', 'b', 'c'), ('a', 'b', '__dict__')))}")
        if self.p(0.6) and not slots:
            self.line(f"{self.choice(('k', 'k', 'c'))} = {self.constant(self.choice('iif'))}")
        if slots or self.p(0.3):
            self.line(f"k = {self.constant('i')}")

    def constructor(self, base, builtin, slots):
        if builtin:
            self.define("__init__(self, a=0, b=1)", "self.a, self.b = a, b")
            return
        if base and not self.p(0.4):
            return
        through_super = base and self.p(0.5)
        self.define(f"__init__(self, a={self.constant('i')}, b={self.constant('n')})")
        with self.indented():
            if through_super:
                self.line("super().__init__(a, b)")
                if self.p(0.5):
                    self.line(f"self.{self.choice('abc')} = a")
                return
            for attr in self.choice(("ab", "ba")):
                self.line(f"self.{attr} = {attr}")
            if self.p(0.2) and not slots:
                self.line("if a: self.c = b")
            if self.p(0.1):
                self.line("if a == 7: raise E0('init', a)")

    def make_property(self):
        self.line("@property")
        self.line("def p(self):")
        self.method_body("i", 1, ())
        if self.p(0.5):
            self.line("@p.setter")
            self.define("p(self, value)", f"self.{self.choice('ab')} = value")

    def comparisons(self, name):
        if self.p(0.35):
            self.define("__eq__(self, other)", *["if BOX: BOX.pop()"] * (self.evil and self.p(0.5)))
            self.line(f"    if isinstance(other, {name}): return self.a == other.a")
            self.line_of("return NotImplemented", "return False", "return self.a == other", margin="    ")
            self.line_of("__hash__ = None", "__hash__ = lambda self: 7")
        if self.p(0.3):
            self.define("__lt__(self, other)", f"if type(other) is {name}: return self.a < other.a")
            self.line_of("return NotImplemented", "return self.a < other", margin="    ")

    def special_methods(self):
        for special, parameters, kind in SPECIAL:
            if not self.p(0.12):
                continue
            self.line(f"def {special}({parameters}):")
            if kind == "small":
                self.line("    return 2")
            elif kind == "iter":
                self.line("    yield self.a" if self.p(0.5) else "    return iter([self.a, 2])")
            elif kind == "f":
                self.line("    return 2.5")
            elif kind == "b":
                self.line(f"    return {self.one_of('self.a == 1', 'bool(self.b)', 'True', 'False')}")
            else:
                self.method_body(kind, 1, ("x0",) if "x0" in parameters else ())

    def attribute_hooks(self):
        if self.p(0.12):
            self.define("__getattr__(self, name)", "if name in ('c', 'p', 'zz'): return 11", "raise AttributeError(name)")
        if self.p(0.04):
            self.define("__getattribute__(self, name)", "if name == 'k': return 5", "return object.__getattribute__(self, name)")
        if self.p(0.05):
            self.define("__setattr__(self, name, value)", "object.__setattr__(self, name, value if name != 'b' else 3)")
        if self.p(0.06):
            self.define("__setitem__(self, x0, value)", "self.a = value")

    def make_method(self, method, derived):
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
        with self.indented():
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
            self.define(f"__i{op}__(self, other)", f"self.a = 1; return {self.choice(('self', 'self', 'NotImplemented', '5'))}")

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
