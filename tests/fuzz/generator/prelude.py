"""What every program begins with: a trace of values with their types, without addresses and hash orders."""

PRELUDE = '''\
import builtins, gc, math, sys
from itertools import islice
NAN, INF = float("nan"), float("inf")
class E0(Exception): pass
class E1(E0): pass
class MyInt(int): pass
class MyFloat(float): pass
class MyStr(str): pass
class MyList(list): pass
def rep(x, depth=3):
    t = type(x)
    if t is int: return repr(x) if -1 << 200 < x < 1 << 200 else f"int:{x.bit_length()}:{x % 1000003}"
    if t is float or t is bool or x is None or t is complex: return repr(x)
    if t is str: return repr(x[:60])
    if depth == 0: return t.__name__
    if t is list or t is tuple or t is MyList: return t.__name__ + "(" + ", ".join([rep(y, depth - 1) for y in x[:12]]) + ")"
    if t is set or t is frozenset: return t.__name__ + "(" + ", ".join(sorted([rep(y, depth - 1) for y in x])) + ")"
    if t is dict: return "{" + ", ".join([rep(k, 1) + ": " + rep(v, depth - 1) for k, v in list(x.items())[:12]]) + "}"
    if t is MyInt: return "MyInt:" + int.__repr__(x)
    if t is MyFloat: return "MyFloat:" + float.__repr__(x)
    if t is MyStr: return "MyStr:" + str.__repr__(x)
    if t is RecursionError: return t.__name__
    if isinstance(x, BaseException): return t.__name__ + rep(x.args, depth - 1)
    d = getattr(type(x), "state", None)
    return t.__name__ + (rep(d(x), depth - 1) if d else "")
def show(*values):
    print(*[rep(v) for v in values])
def exc(e):
    print("!", rep(e), type(e.__cause__).__name__, type(e.__context__).__name__, where(e.__traceback__, e))
def where(tb, e):
    found = []
    if type(e) is RecursionError: return ""  # its depth follows from how much of a call is C
    while tb is not None and len(found) < 12:
        if tb.tb_next is None and type(e) is UnboundLocalError: break  # CPython: the first half of a superinstruction
        code = tb.tb_frame.f_code
        position = next(islice(code.co_positions(), tb.tb_lasti // 2, None))
        found.append(f"{code.co_name}:{tb.tb_lineno}:{position[1]}:{position[2]}:{position[3]}")
        tb = tb.tb_next
    return " ".join(found)
def cl(x):
    t = type(x)
    if t is int: return x if -(1 << 80) < x < 1 << 80 else x % 1152921504606846999
    if t is str or t is list or t is tuple: return x[:12]
    return x
def peek(depth=1):
    f = sys._getframe(depth)
    print("@", f.f_code.co_name, f.f_lineno, rep({k: v for k, v in sorted(f.f_locals.items()) if k[:1] != "_"} if f.f_locals is not f.f_globals else None))
TICK = 0
def tick():
    global TICK
    TICK += 1
    act = PLAN.get(TICK)
    if act is not None: act()
def late(key):
    act = PLAN.pop(key, None)
    if act is not None: act()
'''
