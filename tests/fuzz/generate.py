#!/usr/bin/python3.11
"""Generates Python programs for the differential fuzzer: generate.py NUMBER prints one.

A program follows from its number alone. It ends, prints the same on every run, and is hot enough to be
promoted: each function is called some tens of times with stable types, and then with other ones, or after
something that it relied on was replaced.
"""

import marshal
import signal
import sys
import warnings

from generator.attributes import Attributes
from generator.calls import Calls
from generator.changes import Changes
from generator.classes import Classes
from generator.containers import Containers
from generator.control import Control
from generator.drivers import Drivers
from generator.expressions import Expressions
from generator.functions import Functions
from generator.numbers import Numbers
from generator.prelude import PRELUDE
from generator.proofreading import Proofreading
from generator.statements import Statements
from generator.suspension import Suspension
from generator.writer import Writer

STATEMENTS = (
    ["assign"] * 12
    + ["augment"] * 8
    + ["show"] * 3
    + ["show_names"]
    + ["if"] * 6
    + ["for"] * 5
    + ["while"] * 2
    + ["jump"] * 4
    + ["flip"] * 4
    + ["late"] * 4
    + ["try"] * 4
    + ["raise"] * 2
    + ["with"] * 2
    + ["return"] * 2
    + ["attribute"] * 5
    + ["item"] * 5
    + ["unpack"] * 3
    + ["alias"] * 3
    + ["delete", "closure", "closure", "call", "tick", "look", "look", "match", "generator"]
    + ["global"] * 2
    + ["yield"] * 5
)
COMPOUND = {"if", "for", "while", "try", "with", "match"}


class Generator(
    Attributes,
    Calls,
    Changes,
    Classes,
    Containers,
    Control,
    Drivers,
    Expressions,
    Functions,
    Numbers,
    Proofreading,
    Statements,
    Suspension,
    Writer,
):
    """A program: `s_NAME` writes a statement of STATEMENTS, `e_KIND` makes an expression."""

    def statement(self):
        scope = self.scope
        scope.cost += scope.times
        table = STATEMENTS
        for _ in range(8):
            name = self.choice(table)
            if scope.depth >= 4 and name in COMPOUND:
                continue
            if scope.cost > scope.cap and name in COMPOUND:
                continue
            result = getattr(self, "s_" + name)()
            if result is not None:
                return result
        return None

    def program(self):
        for i in range(self.r.randint(2, 5)):
            k = self.choice("iiffsldt")
            self.line(f"G{i} = {self.constant(k)}")
            self.globals[f"G{i}"] = k
        self.line("BOX = [1, 2]")
        if self.p(0.4):
            self.make_manager()
        if self.p(0.5):
            self.early = self.make_function().name  # calls no methods of classes
        for _ in range(self.r.randint(1, 3)):
            self.make_class()
        self.line(f"try: OBJECTS = [{self.classes[0][0]}(1), {self.classes[-1][0]}(2, 3)]")
        self.line("except Exception as x: OBJECTS = [MyInt(1), MyInt(2)]; exc(x)")
        self.globals["OBJECTS"] = "l"
        drivers = []
        for _ in range(self.r.randint(2, 4)):
            c = self.r.randrange(20)
            if c < 7:
                drivers.append((self.drive, self.make_function()))
            elif c < 14:
                drivers.append((self.drive, self.make_function("hot")))
            elif c < 18:
                drivers.append((self.drive_generator, self.make_function("generator")))
            else:
                self.make_recursion()
                drivers.append((self.drive, self.functions[-1]))
        if not self.functions:
            self.make_function()
        self.plan()
        for make, what in drivers:
            make(what)
        if self.p(0.35):
            self.drive_objects()
        if self.with_del:
            self.drive_death()
        if self.p(0.05):
            self.make_coroutine()
        if self.p(0.3):
            self.drive_refcounts()
        if self.p(0.015):
            self.drive_recursion_error()
        self.line("for name in ('len', 'abs', 'min', 'max', 'range', 'isinstance', 'sum', 'int', 'divmod'): globals().pop(name, None)")
        self.line("gc.collect()")
        self.line(f"show('end', TICK, {', '.join(f'globals().get({n!r})' for n in self.globals)})")
        return PRELUDE + "\n".join(self.lines) + "\n"


class Slow(BaseException):
    pass


def too_slow(number, frame):
    raise Slow


def generate(number):
    """The program's text, and its code: a program that does not compile is made again."""
    salt = 0
    warnings.simplefilter("ignore", SyntaxWarning)
    signal.signal(signal.SIGVTALRM, too_slow)
    sys.unraisablehook = lambda what: None
    while True:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, 3)
            text = Generator(f"{number}/{salt}").program()
            return text, compile(text, f"fuzz{number}.py", "exec")
        except (SyntaxError, Slow, RecursionError, MemoryError):
            salt += 1
            if salt > 20:
                raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(generate(int(sys.argv[1]))[0], end="")
    else:  # FIRST LAST FILE: what `run` reads, one record at a time, since a program may hang us
        with open(sys.argv[3], "ab") as file:
            for number in range(int(sys.argv[1]), int(sys.argv[2])):
                marshal.dump((number, f"fuzz{number}.py", generate(number)[1]), file)
                file.flush()
