"""Large code: many locals, names and constants, long jumps, EXTENDED_ARG everywhere."""
import sys
import traceback


def define(text, name):
    scope = {"traceback": traceback, "sys": sys}
    exec(compile(text, f"<{name}>", "exec"), scope)
    return scope[name]


n = 300
body = ["def locals300(seed):"]
body += [f"    v{i} = seed + {i}" for i in range(n)]
body += [f"    v{i}, v{n - 1 - i} = v{n - 1 - i}, v{i}" for i in range(0, n, 7)]
body += [f"    v{i} += v{(i * 31) % n}" for i in range(n)]
body += ["    del v299", "    total = 0"]
body += [f"    total ^= v{i}" for i in range(n - 1)]
body += ["    return total, v298"]
f = define("\n".join(body), "locals300")
print(f(1), f(2**62))

body = ["def unbound300(flag):"] + [f"    a{i} = {i}" for i in range(n)] + ["    if flag: last = 1", "    return last + a299"]
f = define("\n".join(body), "unbound300")
print(f(1))
try:
    f(0)
except UnboundLocalError as e:
    print(e)

body = ["def constants(x):", "    out = []"]
body += [f"    out.append(x + {i + 1000})" for i in range(500)]
body += [f"    out.append('constant {i}')" for i in range(100)]
body += [f"    out.append({i}.25 * x)" for i in range(100)]
body += ["    return len(out), sum(v for v in out if not isinstance(v, str)), out[550]"]
print(define("\n".join(body), "constants")(3))

names = [f"g{i}" for i in range(600)]
text = "\n".join(f"{v} = {i}" for i, v in enumerate(names))
text += "\nclass Box: pass\nbox = Box()\n" + "\n".join(f"box.{v} = {v} + 1" for v in names)
text += "\ndef use():\n    t = 0\n" + "\n".join(f"    t += {v} + box.{v}" for v in names) + "\n    return t"
text += "\ndef store():\n    global " + ", ".join(names[:300]) + "\n" + "\n".join(f"    {v} = -1" for v in names[:300])
text += "\n    del " + ", ".join(names[250:300])
text += "\ndef methods(o):\n    return [" + ", ".join(f"o.m{i}()" for i in range(300)) + "]"
text += "\nclass Methods:\n" + "\n".join(f"    def m{i}(self): return {i}" for i in range(300))
scope = {}
exec(text, scope)
print(scope["use"]())
scope["store"]()
try:
    scope["use"]()
except NameError as e:
    print(e)
print(sum(scope["methods"](scope["Methods"]())))

filler = "\n".join(f"            x = x + {i % 5} if x < 1000 else x - {i}" for i in range(3000))
text = f"""
def jumps(n):
    x = 0
    for i in range(n):
        if i % 2:
{filler}
        elif i == 4:
            continue
        else:
            x += 1
        if x > 10**6:
            break
    else:
        x = -x
    return x
"""
print(define(text, "jumps")(7))
text = f"""
def long_try(n):
    x = 0
    try:
        if n == 2: raise KeyError
        while x < n:
            x += 1
            if x == 1:
                continue
{filler}
        1 // n
    except ZeroDivisionError as e:
        return 'zero', e.__traceback__.tb_lineno
    except KeyError:
        return 'key'
    finally:
        y = x
    return x, y
"""
f = define(text, "long_try")
print(f(0), f(1), f(2), f(3))
text = "def module_like():\n" + "\n".join(f"    a = {i}; b = a + 1; c = [a, b]" for i in range(9000)) + "\n    return a, b, c"
f = define(text, "module_like")
print(len(f.__code__.co_code) > 65536 * 2, f())
text = "total = 0\n" + "\n".join(f"total += {i}\nname_{i % 700} = total" for i in range(8000))
scope = {}
code = compile(text, "<module>", "exec")
exec(code, scope)
print(len(code.co_code) > 65536 * 2, scope["total"], scope["name_5"])
text = "def deep():\n    return " + "(" * 90 + "1" + " + 1)" * 90
print(define(text, "deep")())
text = "def wide(v):\n    return [" + ", ".join(f"v + {i}" for i in range(400)) + "], {" + ", ".join(f"'{i}': v" for i in range(400)) + "}, (" + ", ".join("v" for i in range(400)) + ")"
a, b, c = define(text, "wide")(1)
print(len(a), a[-1], len(b), len(c))
text = "def strings(v):\n    return f'" + "".join("{v}-" for _ in range(400)) + "'"
print(len(define(text, "strings")(5)))
text = "def cells():\n" + "\n".join(f"    c{i} = {i}" for i in range(300)) + "\n    def inner():\n        nonlocal c299\n        c299 += 1\n        return " + " + ".join(f"c{i}" for i in range(300)) + "\n    return inner(), inner()"
print(define(text, "cells")())
text = "def elifs(x):\n" + "\n".join(f"    {'el' if i else ''}if x == {i}: return 'case {i}'" for i in range(600)) + "\n    return 'none'"
f = define(text, "elifs")
print(f(0), f(599), f(600))
text = "def matches(x):\n    match x:\n" + "\n".join(f"        case [{i}, y]: return y * {i}" for i in range(400))
f = define(text, "matches")
print(f([399, 2]), f([0, 2]), f([1000, 1]))
text = "def gen():\n" + "\n".join(f"    x{i} = yield {i}" for i in range(400)) + "\n    return x399, x0"
g = define(text, "gen")()
sent = next(g)
try:
    while True:
        sent = g.send(sent * 2)
except StopIteration as e:
    print(e.value)
text = "def nested(x):\n" + "".join("    " * (i + 1) + f"for i{i} in range(1):\n" for i in range(18)) + "    " * 19 + "x += 1\n    return x"
print(define(text, "nested")(1))
text = "def tries(x):\n" + "".join("    " * (i + 1) + "try:\n" for i in range(18)) + "    " * 19 + "1 // x\n"
text += "".join("    " * (18 - i) + f"finally:\n" + "    " * (19 - i) + "x += 1\n" for i in range(17)) + "    except ZeroDivisionError:\n        return x\n    return -x"
f = define(text, "tries")
print(f(0), f(1))
params = ", ".join(f"p{i}={i}" for i in range(280))
text = f"def defaults({params}, *, " + ", ".join(f"k{i}={i}" for i in range(280)) + "): return p279 + k279 + p0"
f = define(text, "defaults")
print(f(), f(1), f(p279=0, k279=0), len(f.__kwdefaults__))
