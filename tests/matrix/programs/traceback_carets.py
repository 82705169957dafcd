"""Each instruction that can raise, raising: positions and messages."""
import sys
import traceback


class Evil:
    def _no(self, *args):
        raise RuntimeError("evil")

    __add__ = __radd__ = __iadd__ = __neg__ = __pos__ = __invert__ = _no
    __getitem__ = __setitem__ = __delitem__ = __len__ = __bool__ = _no
    __iter__ = __next__ = __call__ = __contains__ = __eq__ = __lt__ = _no
    __enter__ = __exit__ = __format__ = __index__ = __hash__ = _no
    __str__ = __repr__ = __get__ = __set__ = _no
    __aenter__ = __aexit__ = __aiter__ = __anext__ = __await__ = _no

    def __getattr__(self, name):
        raise AttributeError(name)

    def __setattr__(self, name, value):
        raise TypeError("no attributes")

    def __delattr__(self, name):
        raise TypeError("nothing to delete")


class WithEvil:
    descriptor = Evil()

    def __enter__(self):
        return self

    def __exit__(self, *info):
        raise RuntimeError("exit") from None


CASES = """
1 + (2 * evil) + 3
one + (2 + none) - one
-evil + 1
+none
~text
not evil
evil + one
one - text
one @ one
one << -1
one // zero
one % zero
2.0 ** text
text % (1, 2)
text * text
items += 5
one += text
items[10]
items[text]
items[text][0]
items[1:text]
items[::zero]
mapping["missing"]["deeper"]
mapping[[]]
evil[one]
evil[one] = 5
items[10] = 1
items[:2] = 5
tuple_[0] = 1
del items[10]
del evil[one]
del mapping["missing"]
del tuple_[0]
none.attribute
one.real.imaginary.attribute
evil.attribute
evil.attribute = 1
del evil.attribute
one.attribute = 1
none.method(one)
evil.method(one, two=2)
text.upper(one)
text.nothing(one)
with_evil.descriptor
math.nothing
missing_global
missing_global(one)
del missing_global
one()
evil(1)
len(one)
len(evil)
len()
len(items, items)
int("x", base=one)
max(one, key=5)
isinstance(one, one)
print(*one)
print(**one)
print(**{1: 2})
print(*items, sep=one)
print(sep="", **{"sep": ""})
function(*[1, 2, 3])
function(1, *evil)
function(x=1, **mapping, **mapping)
function(unknown=1)
[*one]
[*evil]
(*items, *one)
{*one}
{*[[]]}
{**one}
{**mapping, [] : 1}
{evil}
{evil: 1}
{[]}
f"{evil}"
f"{one:{text}}"
f"{none:10}"
f"{evil!r} and {one}"
a, b = one
a, b = items
a, b, c, d = items
a, b = evil
a, *b, c, d, e = items
for i in one: pass
for i in evil: pass
for i in iter(int, 0).attribute: pass
while evil: pass
if evil < one: pass
one < text
one in none
evil in items
one in evil
items < one
None < None
assert zero, "message"
assert items == [], f"{one}"
with one: pass
with evil: pass
with with_evil: pass
with with_evil as (a, b): pass
import nothing_here
import math.nothing
from math import nothing
from os import path, nothing
raise evil
raise ValueError("x") from one
lambda: 1/0 if one else evil(2)
(lambda v: v.attribute)(one)
[v.attribute for v in items]
[v for v in items if v.attribute]
{v: v / zero for v in items}
list(v / zero for v in items)
sorted(items, key=lambda v: v.attribute)
class C(one): pass
class C(missing_base): pass
class C(int, str): pass
class C(metaclass=one): pass
class C: attribute = missing_in_class
def f(a=missing_default): pass
@missing_decorator
@one
match one:
match evil:
"""

import math


def function(x, y=0):
    return x


def build(case):
    if case.startswith("@"):
        return f"{case}\ndef decorated(): pass"
    if case.startswith("match one"):
        return f"{case}\n    case one(): pass"
    if case.startswith("match evil"):
        return f"{case}\n    case 1: pass"
    if case.startswith("lambda"):
        return f"({case})()"
    return case


def report(text, name):
    import linecache

    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope = dict(
        evil=Evil(), one=1, zero=0, none=None, text="txt", items=[1, 2, 3], tuple_=(1,),
        mapping={"x": 1}, with_evil=WithEvil(), math=math, function=function,
    )
    print("==", text.strip().splitlines()[-1])
    try:
        exec(compile(text, name, "exec"), scope)
    except Exception as error:
        error.__traceback__ = error.__traceback__.tb_next
        traceback.print_exc(file=sys.stdout)
    else:
        print("no error")


for number, case in enumerate(CASES.strip().splitlines()):
    report(build(case) + "\n", f"<global {number}>")

HEADER = (
    "def run(evil, one, zero, none, text, items, tuple_, mapping, with_evil, function):\n"
)
for number, case in enumerate(CASES.strip().splitlines()):
    if "missing_global" in case or case.startswith(("class", "def", "@", "import", "from")):
        continue
    body = "".join("    " + line + "\n" for line in build(case).splitlines())
    call = "run(evil, one, zero, none, text, items, tuple_, mapping, with_evil, function)\n"
    report(HEADER + body + call, f"<local {number}>")
