"""Reads and deletions of unbound locals, in every operand position."""
import sys
import traceback


def attempt(source):
    """Wraps `source` in a function where x is a local that is not bound."""
    body = "\n".join("    " + line for line in source.splitlines())
    text = f"def f(a=1, b=[1, 2, 3]):\n{body}\n    if a == 'never':\n        x = y = 0\n"
    scope = {}
    exec(compile(text, "<case>", "exec"), scope)
    print("--", source.replace("\n", "; "))
    try:
        print(scope["f"]())
    except Exception as error:
        frame = error.__traceback__.tb_next
        print(f"{type(error).__name__}: {error} (line {frame.tb_lineno})")


for case in (
    "return x",
    "x",
    "del x",
    "a + x",
    "x + a",
    "x += 1",
    "a += x",
    "a < x",
    "x < a < 3",
    "a < 3 < x",
    "x is None",
    "None is not x",
    "x in b",
    "a in x",
    "not x",
    "-x",
    "~x",
    "x.attr",
    "x.attr = 1",
    "a.attr = x",
    "del x.attr",
    "x[0]",
    "b[x]",
    "b[x:2]",
    "b[0:x]",
    "b[0] = x",
    "b[x] = 0",
    "x[0] = 0",
    "del b[x]",
    "del x[0]",
    "x()",
    "print(x)",
    "print(a, x)",
    "print(*x)",
    "print(**x)",
    "print(end=x)",
    "x.method()",
    "b.append(x)",
    "if x: return 'then'\nreturn 'else'",
    "while x: pass",
    "return x and a",
    "return a or x",
    "return 0 or x",
    "return x if a else 0",
    "for i in x: pass",
    "for i in range(x): pass",
    "p, q = x",
    "p, *q = x",
    "p, q = a, x",
    "p, q = x, a",
    "x, y = y, x",
    "return [x]",
    "return [a, *x]",
    "return (x,)",
    "return {x}",
    "return {x: a}",
    "return {a: x}",
    "return {**x}",
    "return f'{x}'",
    "return f'{a:{x}}'",
    "return lambda v=x: v",
    "assert x",
    "assert not a, x",
    "raise x",
    "raise ValueError from x",
    "with x: pass",
    "return [i for i in x]",
    "return (i for i in x)",
    "import os\nos.environ[x]",
    "try:\n    a.nope\nexcept x: pass",
    "match x:\n    case 1: pass",
    "del a\nreturn a",
    "del a\ndel a",
    "for x in (): pass\nreturn x",
    "try:\n    1/0\nexcept ZeroDivisionError as x: pass\nreturn x",
    "(x, a)[0]",
    "print(a, (x := 5), x)\nreturn x",
    "return x + (x := 5)",
    "return (x := 5) + x",
):
    attempt(case)


def carets(n):
    total = n * (n + missing) + 1
    if not n:
        missing = 0
    return total


def cell():
    def inner():
        return free + 1

    inner()
    free = 1


def free_after_del():
    free = 1

    def inner():
        return free

    print(inner())
    del free
    inner()


def del_free():
    def inner():
        nonlocal free
        del free

    free = 1
    inner()
    inner()


for function, args in ((carets, (3,)), (cell, ()), (free_after_del, ()), (del_free, ())):
    try:
        function(*args)
    except NameError:
        traceback.print_exc(file=sys.stdout)
