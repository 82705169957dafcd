"""Frames of functions that machine code calls: seen from what they call, from finalizers, tracebacks, and deep recursion."""
import sys
def look(d):
    f = sys._getframe(d)
    return f.f_code.co_name, f.f_lineno, sorted(f.f_locals.items(), key=str)
def inner(a, b):
    c = a + b
    if c == 130: 
        r = look(1)
        return c, r, look(2)
    return c
def middle(x):
    y = x * 2
    z = inner(x, y)
    return z
class V:
    def __init__(self, x, y):
        self.x = x; self.y = y
    def add(self, o):
        return V(self.x + o.x, self.y + o.y)
class Noisy:
    def __init__(self, n): self.n = n
    def __del__(self):
        if self.n % 97 == 0:
            f = sys._getframe(1)
            print(self.n, f.f_code.co_name, f.f_lineno, f.f_back.f_code.co_name)
def drop(n):
    a = Noisy(n)
    a = None
    return n
def outer(n):
    out = []
    for i in range(n):
        r = middle(i + 0)
        if type(r) is tuple: out.append(r)
    out2=0
    for i in range(n):
        out2 += drop(i)
    v = V(0, 0); w = V(1, 2)
    for i in range(n): v = v.add(w)
    return out, out2, v.x, v.y
def boom(i):
    if i == 150: raise ValueError(i)
    return i
def mid2(i):
    t = boom(i)
    return t + 1
def outer2(n):
    s = 0
    for i in range(n):
        s += mid2(i)
    return s
def loc(i):
    a = locals()
    b = i + 1
    return a is locals(), len(a)
def outer3(n):
    r = None
    for i in range(n): r = loc(i)
    return r
for k in range(4):
    print(outer(200))
    try: outer2(140); outer2(200)
    except ValueError as e:
        tb = e.__traceback__
        while tb:
            print(tb.tb_frame.f_code.co_name, tb.tb_lineno, sorted(tb.tb_frame.f_locals)[:3]); tb = tb.tb_next
    print(outer3(100))


def f(n):
    return 0 if n == 0 else f(n-1) + 1
for i in range(300): f(50)
def h(n): 
    return h(n+1)
for i in range(30):
    try: h(0)
    except RecursionError as e: pass
print(f(900))
try: f(2000)
except RecursionError as e:
    tb=e.__traceback__; k=0
    while tb: k+=1; tb=tb.tb_next
    print(k)
def k(n):
    if n == 0:
        return sys._getframe().f_back.f_back.f_lineno, sys._getframe(50).f_code.co_name, sys._getframe(3).f_locals
    return k(n-1)
for i in range(60): r=k(100)
print(r)
