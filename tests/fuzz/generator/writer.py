"""Lines, chances, names and blocks: what all parts of the generator use."""

import contextlib
import random
import textwrap

from generator.scope import Scope
from generator.vocabulary import LETTER


class Writer:
    """Writes a program line by line; its state."""

    def __init__(self, number):
        self.r = random.Random(number)
        self.rnd = self.r.random
        self.choice = self.r.choice
        self.lines = []
        self.indent = 0
        self.functions = []
        self.generators = []
        self.coroutines = []
        self.classes = []  # (name, features)
        self.managers = []
        self.globals = {}
        self.counter = 0
        self.scope = Scope("module")
        self.wild = self.choice((0.0, 0.0, 0.005, 0.01, 0.03))
        self.with_del = self.rnd() < 0.35
        self.early = "abs"
        self.trial = {"__name__": "trial"}  # where definitions are tried as they are made
        self.late = []
        self.tried = 0  # lines that `trial` has executed
        self.evil = self.rnd() < 0.06
        self.ticks = self.rnd() < 0.5

    def line(self, text):
        self.lines.append("    " * self.indent + text)

    def lines_of(self, text):
        """Several lines at once, with their own margins."""
        for line in textwrap.dedent(text).strip("\n").split("\n"):
            self.line(line)

    def one_of(self, *texts):
        return self.choice(texts)

    def line_of(self, *texts, margin=""):
        """One of these lines."""
        self.line(margin + self.choice(texts))

    @contextlib.contextmanager
    def indented(self, header=None):
        """What is written inside stands below `header`."""
        if header is not None:
            self.line(header)
        self.indent += 1
        yield
        self.indent -= 1

    def named(self, kinds, names=None):
        """Names of these kinds in the scope, or among `names`."""
        return [n for n, k in (self.scope.names if names is None else names).items() if k in kinds]

    def p(self, probability):
        return self.rnd() < probability

    def fresh(self, prefix):
        self.counter += 1
        return f"{prefix}{self.counter}"

    def block(self, header, count=None, inside=None):
        """A header and a body; names that the body binds are forgotten, mostly."""
        scope = self.scope
        before = dict(scope.names)
        with self.indented(header):
            scope.depth += 1
            start = len(self.lines)
            if inside is not None:
                inside()
            self.body(self.r.randint(1, 3) if count is None else count)
            if len(self.lines) == start:
                self.line("pass")
            scope.depth -= 1
        if not self.p(0.02):
            scope.names = {k: v for k, v in scope.names.items() if k in before}

    def body(self, count):
        for _ in range(count):
            if self.scope.left <= 0:
                break
            self.scope.left -= 1
            if self.statement() == "end":
                break

    def name_or(self, kinds, other):
        names = self.named(kinds)
        return self.choice(names) if names else other

    def local(self, k):
        """A name to bind; its kind follows from its letter, so that types are mostly stable."""
        if k in "n":
            k = "i"
        name = f"{LETTER[k]}{self.r.randrange(3)}"
        self.scope.names[name] = k
        return name

    def grown(self, text, k):
        """Bounds a value that may grow with each turn of a loop."""
        if not any(c in text for c in "+*<|hF") and "join" not in text:
            return text
        if k in "slt" and (self.scope.loops or self.scope.sort == "module"):
            return f"cl({text})"
        if self.scope.loops < 2 and self.p(0.6) and self.scope.sort != "module":
            if self.scope.loops == 0 or self.scope.times <= 10:
                return text
        if k in "ifn" and self.p(0.6):
            return f"{text} {self.choice(('% 1000003', '% 65521', '% (2**61 - 1)'))}"
        if k == "i" and self.p(0.4):
            return f"{text} & {self.choice(('1023', '2**31 - 1', '2**62 - 1', '2**60 - 1'))}"
        return f"cl({text})"
