"""Code objects: replace, swapped __code__, hand-made functions, marshal, positions."""
import dis
import gc
import inspect
import marshal
import sys
import traceback
import types


def f(a, b=2):
    c = a + b
    return c * 10


def show(fn, *args):
    try:
        print(fn(*args))
    except Exception as e:
        print(type(e).__name__, e)


for _ in range(60):
    f(1)
code = f.__code__
copy = code.replace(co_name="renamed", co_consts=tuple(20 if c == 10 else c for c in code.co_consts))
g = types.FunctionType(copy, globals(), "g", (5,))
print(f(1), g(1), copy.co_name, copy == code, code.replace() == code, hash(code.replace()) == hash(code))
f.__code__ = copy
print(f(1))
f.__code__ = (lambda a, b: (a, b)).__code__
print(f(1))
f.__code__ = (lambda a, b, c: (a, b, c)).__code__
show(f, 1)
f.__defaults__ = (8, 9)
show(f, 1)


def with_free(x):
    def inner():
        return x

    return inner


show(lambda: setattr(f, "__code__", with_free(1).__code__))
show(lambda: setattr(f, "__code__", 5))
h = types.FunctionType(with_free(1).__code__, globals(), "h", None, with_free("new cell").__closure__)
print(h())
show(lambda: types.FunctionType(with_free(1).__code__, globals()))
show(lambda: types.FunctionType(code, globals(), closure=(types.CellType(1),)))
restored = marshal.loads(marshal.dumps(code))
print(restored == code, types.FunctionType(restored, {})(1, 2))


def changes_itself(n):
    if n == 0:
        changes_itself.__code__ = (lambda n: "new code").__code__
        return "old code finished"
    return changes_itself(n - 1), n


print(changes_itself(2), changes_itself(5))


def swapped_while_suspended():
    yield 1
    yield 2


gen = swapped_while_suspended()
next(gen)
swapped_while_suspended.__code__ = (lambda: "not a generator").__code__
print(next(gen), swapped_while_suspended())
print(code.co_varnames, code.co_argcount, code.co_nlocals, code.co_flags, code.co_stacksize > 0, code.co_cellvars)
lines = [(line - code.co_firstlineno) for _, _, line in code.co_lines() if line is not None]
print(sorted(set(lines)))
print(len(list(code.co_positions())) == len(code.co_code) // 2)


def raises():
    return 1 + (2 / 0)


stripped = types.FunctionType(raises.__code__.replace(co_linetable=b""), globals())
try:
    stripped()
except ZeroDivisionError as e:
    print(e.__traceback__.tb_next.tb_lineno)
moved = types.FunctionType(raises.__code__.replace(co_firstlineno=1000, co_filename="<moved>"), globals())
try:
    moved()
except ZeroDivisionError:
    print(traceback.format_exc().splitlines()[3:])
print([i.opname for i in dis.get_instructions(raises)][:3])
before = code.co_code
warm = types.FunctionType(code, globals())
for i in range(200):
    warm(i, i)
print(before == code.co_code, code.replace() == code)


def generator(n):
    for i in range(n):
        yield i


plain = generator.__code__
print(list(types.FunctionType(plain, {"range": lambda n: [n, n]})(3)))
import weakref

ref = weakref.ref((lambda: 0).__code__)
print(ref() is None)


def make(i):
    ns = {}
    exec(f"def made(x):\n    t = 0\n    for k in range(x):\n        t += k * {i}\n    return t", ns)
    return ns["made"]


refs = []
for i in range(50):
    m = make(i)
    for _ in range(5):
        m(50)
    refs.append(weakref.ref(m.__code__))
del m
# Each function and its globals are a cycle.
gc.collect()
print(sum(r() is not None for r in refs))
from copy import copy as shallow
import pickle

print(shallow(make) is make, pickle.loads(pickle.dumps(make)) is make)
signature = inspect.signature(with_free)
print(signature, inspect.getsource(with_free).splitlines()[0])
print(compile("1", "f", "eval") == compile("1", "f", "eval"), compile("1", "f", "eval") == compile("1.0", "f", "eval"))

import ctypes

FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
request = ctypes.pythonapi._PyEval_RequestCodeExtraIndex
request.argtypes, request.restype = (FREE,), ctypes.c_ssize_t
set_extra = ctypes.pythonapi._PyCode_SetExtra
set_extra.argtypes = (ctypes.py_object, ctypes.c_ssize_t, ctypes.c_void_p)
freed = []
free = FREE(freed.append)
index = request(free)
plain, marked = (lambda: 1), (lambda: 2)
print(plain(), marked(), set_extra(marked.__code__, index, 77))
del plain, marked
eval("1 + 1")
print("only marked code is freed:", freed)
