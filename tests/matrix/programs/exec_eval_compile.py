"""exec, eval, compile: modes, custom namespaces, code objects, `single` printing."""
import ast
import sys
import traceback
import types


def show(f):
    try:
        print(f())
    except Exception:
        traceback.print_exc(file=sys.stdout)


exec(compile("x = 5", "<s>", "exec"))
print(x)
for line in ("1 + 1", "'text'", "None", "y = 3", "y; y * 2", "for i in range(3): i\n", "[i for i in 'ab']", "def f(): return 1\n", "f()"):
    exec(compile(line, "<single>", "single"))
exec(compile("'a printed expression'", "<single>", "single"))
saved = sys.displayhook
sys.displayhook = lambda v: print("hook:", v)
exec(compile("6 * 7\n", "<single>", "single"))
del sys.displayhook
show(lambda: exec(compile("1\n", "<single>", "single")))
sys.displayhook = saved
print(eval("x + 1"), eval("z * 2", {"z": 4}), eval("a + b", {"a": 1}, {"b": 2}), eval(compile("3", "", "eval")))


class Locals(dict):
    def __missing__(self, key):
        return f"missing {key}"

    def __setitem__(self, key, value):
        super().__setitem__(key, ("stored", value))


class NotDict:
    def __init__(self):
        self.data = {}

    def __getitem__(self, key):
        print("  get", key)
        return self.data[key]

    def __setitem__(self, key, value):
        print("  set", key)
        self.data[key] = value

    def __delitem__(self, key):
        print("  del", key)
        del self.data[key]

    def keys(self):
        return self.data.keys()


scope = Locals()
exec("p = 1\nq = p\nr = undefined_here", {}, scope)
print(scope)
n = NotDict()
exec("a = 1\nb = a + len('xy')\ndel a\nimport sys\nclass C: a = 5\ndef f(): return 1\nann: int = 5\n[c for c in 'x']\n__annotations__", {}, n)
print(sorted(n.data))
show(lambda: exec("del zz", {}, NotDict()))
show(lambda: exec("del zz", {}, {}))
show(lambda: exec("del zz", {}))
show(lambda: eval("nope", {}))
show(lambda: exec("x: int", {}, 5))
show(lambda: exec("x", 5))
show(lambda: eval("1 +"))
show(lambda: exec("def f():\n  return\n x"))
show(lambda: exec("return 1"))
show(lambda: exec("'unterminated"))
show(lambda: compile("x", "f", "wrong"))
show(lambda: exec("nonlocal q"))
show(lambda: exec("raise ValueError('from exec')"))
show(lambda: eval("1/0"))
show(lambda: eval(b"1 + 1"))
show(lambda: exec("yield 1"))
show(lambda: eval("(yield)"))
show(lambda: eval("[i async for i in x]"))


def local_scope():
    a = 1
    exec("a = 2; b = 3")
    names = sorted(locals())
    exec("c = a", globals(), d := {"a": 10})
    return a, names, d["c"], eval("a"), eval("[a for _ in 'x']", {"a": 7})


print(local_scope())


def closure_exec():
    cell = 1

    def inner():
        nonlocal cell
        cell += 1
        return cell

    exec(inner.__code__, closure=inner.__closure__)
    exec(inner.__code__, closure=inner.__closure__)
    return cell


print(closure_exec())
show(lambda: exec(closure_exec.__code__.co_consts[2] if isinstance(closure_exec.__code__.co_consts[2], types.CodeType) else next(c for c in closure_exec.__code__.co_consts if isinstance(c, types.CodeType))))


def plain(a, b=2):
    return a


show(lambda: exec(plain.__code__))
show(lambda: eval((lambda: 42).__code__))
code = compile("result = [v * 2 for v in data]", "<repeated>", "exec")
for data in ([1], "ab", (1.5,)):
    ns = {"data": data}
    exec(code, ns)
    print(ns["result"])
tree = ast.parse("a = 1\nb = a + 2\nprint('from ast', b)")
tree.body[1].value.right.value = 40
exec(compile(tree, "<ast>", "exec"))
print(eval("5"))
exec(compile("assert False, 'optimised away'\nprint(__debug__)\n'''doc'''", "<o>", "exec", optimize=2))
exec("def with_doc():\n    'doc'\nprint(with_doc.__doc__)")
for i in range(200):
    exec(f"def generated_{i % 7}(a, b={i}):\n    return a + b + {i}")
print(generated_0(1), generated_6(1))
total = 0
for i in range(300):
    total += eval(f"{i} * {i}")
print(total)
lines = "\n".join(f"v{i} = {i}" for i in range(1000))
ns = {}
exec(lines, ns)
print(len(ns), ns["v999"])
exec("from math import *\nprint(floor(pi))", {})
exec("x: int = 1\ny: str\nprint(__annotations__)", {})
show(lambda: exec("x = " + "(" * 250))
print(eval("+".join(["1"] * 500)), len(eval("[" + "1," * 5000 + "]")))
