"""Argument binding: every error message, in every way of calling."""
import functools


def none():
    return ()


def one(a):
    return a


def two(a, b):
    return a, b


def three(a, b, c):
    return a, b, c


def default(a, b=2, c=3):
    return a, b, c


def posonly(a, b, /, c, d=4):
    return a, b, c, d


def posonly_default(a=1, b=2, /):
    return a, b


def kwonly(*, k, l=2):
    return k, l


def kwonly3(a, *, k, l, m):
    return a, k, l, m


def star(a, *args):
    return a, args


def starkw(a, **kw):
    return a, sorted(kw.items())


def everything(a, b=2, /, c=3, *args, k, l=5, **kw):
    return a, b, c, args, k, l, sorted(kw.items())


def posonly_kw(a, /, **kw):
    return a, kw


class C:
    def method(self, a, b=1):
        return a, b

    @staticmethod
    def static(a):
        return a

    @classmethod
    def cls(cls, a, *, k=1):
        return a, k

    def __call__(self, a):
        return a

    def nothing():
        return 1


class Init:
    def __init__(self, a, b=2):
        self.a = a


class New:
    def __new__(cls, a):
        return super().__new__(cls)


class Plain:
    pass


def call(text, **extra):
    try:
        result = eval(text, dict(globals(), **extra))
        print(text, "=", result if not hasattr(result, "__dict__") else type(result).__name__)
    except Exception as error:
        print(text, "!", type(error).__name__, error)


CALLS = """
none() | none(1) | none(1, 2) | none(a=1) | none(*[]) | none(**{}) | none(*[1])
one() | one(1) | one(1, 2) | one(a=1) | one(b=1) | one(1, a=1) | one(1, b=1) | one(*[1, 2, 3]) | one(**{'a': 1})
two() | two(1) | two(b=1) | two(1, 2, 3) | two(1, a=2) | two(b=2, a=1) | two(c=1) | two(*(1,), **{'b': 2})
three() | three(1) | three(1, c=2) | three(1, 2, 3, 4) | three(1, 2, 3, d=4) | three(b=1, c=2)
default() | default(1) | default(1, c=9) | default(1, 2, 3, 4) | default(b=1) | default(1, 2, b=3) | default(1, d=3)
posonly() | posonly(1) | posonly(1, 2) | posonly(1, 2, 3) | posonly(a=1, b=2, c=3) | posonly(1, b=2, c=3) | posonly(1, 2, c=3, d=5) | posonly(1, 2, 3, 4, 5)
posonly_default() | posonly_default(5) | posonly_default(a=1) | posonly_default(1, 2, 3) | posonly_default(a=1, b=2)
kwonly() | kwonly(k=1) | kwonly(1) | kwonly(1, k=2) | kwonly(l=1) | kwonly(k=1, l=3, m=4) | kwonly(1, 2, k=1, l=3)
kwonly3() | kwonly3(1) | kwonly3(1, k=1) | kwonly3(1, k=1, l=1) | kwonly3(1, k=1, l=2, m=3) | kwonly3(1, 2, k=1, l=2, m=3) | kwonly3(1, 2)
star() | star(1) | star(1, 2, 3) | star(*range(4)) | star(a=1) | star(2, a=1) | star(1, 2, a=3)
starkw() | starkw(1, b=2) | starkw(a=1, b=2) | starkw(1, a=2) | starkw(1, 2) | starkw(**{'a': 1, 'x y': 2}) | starkw(1, **{3: 4})
everything() | everything(1) | everything(1, k=4) | everything(1, 2, 3, 4, 5, k=6, z=7) | everything(a=1, k=2) | everything(1, a=9, b=8, k=7) | everything(1, c=2, k=3) | everything(1, 2, 3, c=4, k=5)
posonly_kw(1, a=2) | posonly_kw(a=1) | posonly_kw()
C().method() | C().method(1) | C().method(1, 2, 3) | C().method(b=1) | C().method(1, self=2) | C.method() | C.method(1) | C.method(C(), 5)
C().nothing() | C.nothing() | C().static() | C.static(1) | C.cls() | C.cls(1, 2) | C().cls(1, k=2) | C.cls(1, z=2)
C()() | C()(1) | C()(1, 2) | C(1) | C(a=1)
Init() | Init(1) | Init(1, 2, 3) | Init(1, c=2) | New() | New(1) | New(1, 2) | Plain() | Plain(1) | Plain(x=1) | object(1)
(lambda: 1)(2) | (lambda x: x)() | (lambda *, k: k)() | (lambda x, /: x)(x=1)
len() | len([], []) | len(x=1) | abs() | abs(1, 2) | print(1, foo=2) | int(1, 2, 3) | sum() | sorted() | sorted([], 1) | sorted([2, 1], reverse=True) | max() | max(1) | isinstance(1)
[].append() | [].append(1, 2) | [].append(x=1) | list.append() | list.append(1) | list.append([], 1) | list.append(1, 1) | {}.get() | {}.get(1, 2, 3) | ''.join() | 'a,b'.split(sep=',') | 'a'.split(foo=1) | str.upper() | str.upper(1)
dict([(1, 2)], **{'a': 3}) | dict(1) | dict(**{'a': 1}, a=2) | type() | type(1, 2) | type(1, 2, 3) | super()
one(**{'a': 1}, **{'a': 2}) | one(*[1], a=2) | one(*5) | one(**5) | one(*None, **None) | C().method(*1) | C().method(**1) | print(*5, **5) | one(1)(2) | None() | 'x'() | one.nothing() | (1)(2)
functools.partial(two, 1)() | functools.partial(two, 1)(2) | functools.partial(two, b=1)(1, b=5) | functools.partial(two, 1)(a=2) | functools.partial(none, 1)()
"""
for line in CALLS.strip().splitlines():
    for text in line.split("|"):
        call(text.strip())

# Names of the functions in the messages follow __qualname__ at the time of the call.
one.__qualname__ = "renamed.one"
call("one()")
one.__name__ = "again"
call("one(1, 2)")


def mutable(a, b=[]):
    b.append(a)
    return b


print(mutable(1), mutable(2), mutable(3, [0]))
mutable.__defaults__ = None
call("mutable(1)", mutable=mutable)
mutable.__defaults__ = (7, 8)
mutable.__kwdefaults__ = {"z": 1}
print(mutable.__defaults__)
call("mutable(b=[])", mutable=mutable)
kwonly.__kwdefaults__ = None
call("kwonly(k=1)")
kwonly.__kwdefaults__ = {"k": 10, "l": 20}
call("kwonly()")
two.__code__ = three.__code__
call("two(1, 2)")
call("two(1, 2, 3)")
two.__defaults__ = (30,)
call("two(1, 2)")


def outer():
    def local(a, *, b):
        pass

    return local


call("outer()()", outer=outer)
call("outer()(1)", outer=outer)
call("outer()(1, 2, b=3)", outer=outer)
call("outer()(1, bb=3, b=1)", outer=outer)
call("outer()(1, **{'b' : 1, 'c': 2})", outer=outer)
