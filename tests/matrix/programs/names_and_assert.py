"""Module-level names: loads, stores, deletes, assert, star imports, print of `single`."""
import sys
import traceback
from math import *
from os.path import *

print(floor(2.5), basename("/a/b"), sqrt(16))
x = 1
y = x + (x := 2) + x
print(x, y)
del x
try:
    x
except NameError as e:
    print(e, e.name)
try:
    del x
except NameError as e:
    print(e)
for test in ("assert True", "assert 1, 'unused'", "assert False", "assert 0, 'message'", "assert (), f'{1 + 1}'", "assert None, ValueError('as message')", "assert [], (1, 2)", "AssertionError = 5\nassert False, 'still the builtin'"):
    try:
        exec(test, {})
        print("passed", test.splitlines()[-1])
    except AssertionError as e:
        print(type(e).__name__, e.args)


def assertion(v):
    assert v > 0, v
    assert isinstance(v, int)
    return v


print(assertion(1))
for v in (0, 0.5):
    try:
        assertion(v)
    except AssertionError:
        traceback.print_exc(file=sys.stdout)
a = b = c = 0
a, b, c = b + 1, a + 2, c + 3
print(a, b, c)
a += b
b -= c
c *= a
print(a, b, c, a if b else c, not a, -a, +b, ~c)
i = 0
while i < 5:
    i += 1
    if i == 2:
        continue
    if i == 4:
        break
else:
    print("not reached")
print(i, [i for i in "ab"], i)
for i in range(3):
    def closure(n=i):
        return n + i
    lam = lambda: i
print(closure(), lam(), i)
try:
    raise ValueError("e")
except ValueError as err:
    message = str(err)
print(message, "err" in globals())
with open("/dev/null") as handle:
    data = handle.read()
print(repr(data), handle.closed)
exec("first = 1\nprint(first)\ndel first\n")
print("first" in globals(), __name__, __doc__[:12])
globals()["injected"] = 5
print(injected)
_ = 3
__private = 4


class Mangle:
    __attr = 1
    value = __private if "_Mangle__private" in globals() else "mangled name is not there"

    def __method(self):
        return self.__attr

    def call(self):
        __local = 2
        return self.__method() + __local, sorted(locals())

    class __Inner:
        pass


print(Mangle().call(), Mangle._Mangle__attr, sorted(k for k in vars(Mangle) if "Mangle" in k), Mangle.value)
match [1, {"k": (2, 3)}]:
    case [p, {"k": (q, *r)}]:
        print(p, q, r)
lines = [n for n in range(3) if n != 1]
print(*lines, sep="\n")
print(1 if a else 2, a and b and c, a or b, not (a and b), (a, b) == (1, 2) or "other")
long_expression = (
    a + b * c
    - (a // (b or 1))
    + len(
        "text"
    )
)
print(long_expression)
if a: print("one line")
x = 5; y = 6; print(x, y)
print([
    1,
    2
][-1], {"k":
    "v"}["k"])
