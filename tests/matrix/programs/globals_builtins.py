"""Globals and builtins that change while the code that reads them is warm."""
import builtins
import sys
import traceback

counter = 0


def read():
    return counter


def bump(n):
    global counter
    for _ in range(n):
        counter += 1
    return counter


def show(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


print(bump(100), read())
del counter
show(read)
show(bump, 1)
counter = "a string"
show(read)
globals()["counter"] = 7
show(read)
show(bump, 3)


def use_len(x):
    return len(x)


print([use_len("abc") for _ in range(50)][-1])
len = lambda x: "global len"
show(use_len, "abc")
del len
show(use_len, "abc")
original = builtins.len
builtins.len = lambda x: "patched builtin"
show(use_len, "abc")
builtins.len = original
show(use_len, "abc")
del builtins.len
show(use_len, "abc")
builtins.len = original
show(use_len, "abcd")


def hot(n):
    out = []
    for i in range(n):
        out.append(abs(-i))
        if i == 5:
            builtins.abs = lambda v: f"abs {v}"
        if i == 7:
            globals()["abs"] = lambda v: f"global abs {v}"
        if i == 9:
            del globals()["abs"]
        if i == 11:
            builtins.abs = original_abs
    return out


original_abs = abs
print(hot(14))
builtins.brand_new = "new builtin"


def use_new():
    return brand_new


show(use_new)
del builtins.brand_new
show(use_new)


def delete_global():
    global doomed
    del doomed


doomed = 1
show(delete_global)
show(delete_global)


def many_keys(n):
    g = globals()
    before = read()
    for i in range(n):
        g[f"generated_{i}"] = i
    after = read()
    for i in range(n):
        del g[f"generated_{i}"]
    return before, after, read()


print(many_keys(500))


class Chain(dict):
    def __missing__(self, key):
        if key.startswith("magic_"):
            return key.upper()
        raise KeyError(key)


scope = Chain(base=1)
exec("def f(): return magic_name\nx = magic_top\ny = base", scope)
print(scope["x"] if "x" in scope else None, scope["y"])
show(scope["f"])


class Mapping(dict):
    def __getitem__(self, key):
        print("  lookup", key)
        return dict.__getitem__(self, key)

    def __setitem__(self, key, value):
        print("  store", key)
        dict.__setitem__(self, key, value)


exec("a = 1\nb = a + 1\ndel a\ntry:\n    a\nexcept NameError as e:\n    print(e)\nprint(b)", {}, Mapping())
exec("print(sorted(k for k in globals() if not k.startswith('__')))", {"z": 1})
custom = {"__builtins__": {"print": print, "NameError": NameError, "len": lambda x: "custom len"}}
exec("print(len('abc'))\ntry:\n    sum\nexcept NameError as e:\n    print(e)", custom)
exec("def g():\n    return len([])", custom)
print(custom["g"](), custom["g"].__builtins__ is custom["__builtins__"])
show(lambda: exec("class X: pass", {"__builtins__": {}}))
show(lambda: exec("import os", {"__builtins__": {}}))
show(lambda: exec("x = y", {"__builtins__": {"y": 5}}))
show(lambda: eval("len", {"__builtins__": None}))


def global_in_nested():
    def inner():
        global made_inside
        made_inside = "made"

    inner()
    return made_inside


show(global_in_nested)


class Weird:
    global in_class
    in_class = 1
    counter = counter
    def get(self):
        return counter


counter = "after"
print(in_class, Weird.counter, Weird().get())
try:
    undefined_name_for_trace + 1
except NameError:
    traceback.print_exc(file=sys.stdout)
f = type(read)(read.__code__, {"counter": "other globals"})
show(f)
show(type(read)(read.__code__, {}))
print(sys.modules["__main__"].counter, vars() is globals(), "counter" in dir())
sys.modules["__main__"].counter = "via module"
show(read)
