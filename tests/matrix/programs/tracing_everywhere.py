"""Tracing that is switched on in the middle of each kind of statement, callers included."""
# traced
import sys
events = []
def tracer(frame, event, arg):
    if frame.f_code.co_filename != __file__ or frame.f_code.co_name in ('run','on','off'):
        return None
    if event == 'exception': arg = arg[0].__name__
    elif arg is not None: arg = type(arg).__name__
    events.append(f"{frame.f_code.co_name}+{frame.f_lineno - frame.f_code.co_firstlineno} {event} {arg}")
    return tracer
def on(v=1):
    f = sys._getframe(1)
    while f is not None:
        if f.f_code.co_name in ('run', '<module>'): break
        f.f_trace = tracer
        f = f.f_back
    sys.settrace(tracer)
    return v
def off(v=1):
    sys.settrace(None)
    return v
class On:
    def __bool__(self): return bool(on())
    def __add__(self, o): return on()
    def __getattr__(self, n): return on()
    def __getitem__(self, n): return on()
    def __setattr__(self, n, v): on()
    def __setitem__(self, n, v): on()
    def __delitem__(self, n): on()
    def __eq__(self, o): return on()
    def __lt__(self, o): return on()
    def __contains__(self, o): return on()
    def __iter__(self): on(); return iter([1, 2])
    def __next__(self): return on()
    def __enter__(self): on(); return self
    def __exit__(self, *a): on(); return True
    def __del__(self): on()
    def __call__(self, *a): return on()
    def __format__(self, s): return str(on())
    def __neg__(self): return on()
    def __hash__(self): return on()
def call(a):
    x = on(a)
    y = x
    return y
def multi(a):
    x = (
        on(a)
    )
    y = [
        a,
        x,
        on(a) +
        a,
    ]
    return y
def cond(a):
    if On():
        x = 1
    else:
        x = 2
    return x
def notcond(a):
    if not On():
        x = 1
    else:
        x = 2
    return x
def andor(a):
    x = On() and a
    y = (a or
         x)
    return x
def ternary(a):
    return 1 if On() else 2
def whl(a):
    n = 0
    while n < 3:
        n += 1
        if n == 2: On() + 1
    return n
def whl2(a):
    n = On()
    i = 0
    while n < 3:
        i += 1
        if i > 2: break
    return n
def forl(a):
    for i in range(4):
        if i == 1: on()
        pass
    return a
def forl1(a):
    for i in range(4): i == 1 and on()
    return a
def foriter(a):
    for i in On():
        a = i
    return a
def getattr_(a):
    o = On()
    x = o.foo
    return x
def getitem(a):
    o = On()
    x = o[
        1]
    return x
def stores(a):
    o = On()
    o.x = 1
    a = 2
    return a
def stores2(a):
    o = On()
    o[1] = 1
    a = 2
    return a
def dels(a):
    o = On()
    del o[1]
    a = 2
    return a
def cmp(a):
    o = On()
    if o == 1:
        a = 3
    x = o < 2
    return a
def contains(a):
    o = On()
    if 1 in o:
        a = 3
    return a
def withs(a):
    with On() as b:
        a = 4
    return a
def withexc(a):
    o = On()
    with o:
        raise KeyError
    return a
def finalizer(a):
    o = On()
    o = None
    a = 3
    return a
def finalizer2(a):
    On()
    a = 3
    return a
def delete(a):
    o = On()
    del o
    return a
def fmt(a):
    o = On()
    x = f"{o}{a}"
    return x
def neg(a):
    o = On()
    return -o
def tryexc(a):
    try:
        on()
        raise KeyError
    except KeyError:
        a = 2
    finally:
        a = 3
    return a
def tryexc2(a):
    try:
        1 / (on() - 1)
    except ZeroDivisionError as e:
        a = 2
    return a
def comp(a):
    x = [on() for i in range(2)]
    return x
def comp2(a):
    x = [
        i
        for i in On()
        if On()
    ]
    return x
def lam(a):
    f = lambda: on()
    return f()
def gen_(a):
    yield on()
    a = 2
    yield a
def gen(a):
    for x in gen_(a):
        a = x
    return a
def gen2(a):
    return list(gen_(a))
def yf(a):
    r = yield from gen_(a)
    return r
def gen3(a):
    for x in yf(a): pass
    return a
def gen4(a):
    g = yf(a)
    next(g)
    g.send(None)
    try: g.throw(KeyError)
    except KeyError: a = 4
    return a
def star(a):
    x = on(*(a,), **{})
    return x
def kw(a):
    x = on(v=a)
    return x
def unpack(a):
    x, y = On()
    return x
def unpackstar(a):
    x, *y = On()
    return x
def setlit(a):
    x = {On(), 1}
    return 1
def dictlit(a):
    x = {On(): 1}
    return 1
def classdef(a):
    class X:
        y = on()
        z = 2
    return X
def asrt(a):
    assert on()
    a = 2
    return a
def imp(a):
    on(); import os; a = 2
    b = 3
    return b
def match_(a):
    match on():
        case 2: a = 3
        case 1: a = 4
    return a
def nested(a):
    return call(
        call(a) +
        call(a))
class K:
    def __init__(self, a):
        self.a = on(a)
        self.b = 2
def ctor(a):
    k = K(a)
    return k.a
def chained(a):
    return a < on(3) < 5
def walrus(a):
    if (n := on(3)) > 2:
        a = n
    return a
def augmented(a):
    a += on()
    a *= 2
    return a
def passes(a):
    on()
    pass
    pass
    for i in range(2):
        pass
    return a
def ret_none(a):
    on()
def global_(a):
    global G
    G = on()
    return G
def closure(a):
    def inner():
        nonlocal a
        a = on()
        return a
    inner()
    return a
def run(f):
    events.clear()
    try:
        r = f(1)
    finally:
        sys.settrace(None)
    print('==', f.__name__)
    for e in events: print('  ', e)
for f in list(globals().values()):
    if type(f) is type(run) and f.__name__ not in ('tracer','on','off','run') and not f.__name__.endswith('gen_') and f.__name__ != 'yf':
        for _ in range(3): run(f)
