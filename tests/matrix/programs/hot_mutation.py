"""Warm loops whose world changes: classes, globals, code, containers, from inside and outside."""
import builtins
import sys
import threading

K = 1


class P:
    v = 1

    def get(self):
        return self.v * K


def loop(objects, n, hook):
    total = 0
    for i in range(n):
        hook(i)
        for o in objects:
            total += o.get()
    return total


objects = [P(), P()]


def nothing(i):
    pass


print(loop(objects, 500, nothing))


def set_global(i):
    global K
    if i == 250:
        K = 10


def patch_method(i):
    if i == 100:
        P.get = lambda self: 1000
    elif i == 200:
        del P.get
        P.get = original


def patch_attribute(i):
    if i % 50 == 0:
        objects[0].v = i
    if i % 50 == 25:
        del objects[0].v


def change_class(i):
    class Q(P):
        def get(self):
            return -1

    if i == 10:
        objects[1].__class__ = Q
    if i == 20:
        objects[1].__class__ = P


def change_list(i):
    if i == 30:
        objects.append(P())
    if i == 60:
        objects.pop()


def add_getattribute(i):
    if i == 40:
        P.__getattribute__ = lambda self, name: (lambda: 5) if name == "get" else object.__getattribute__(self, name)
    if i == 80:
        del P.__getattribute__


def global_vanishes(i):
    global K
    if i == 5:
        builtins.K = 77
        del K
    if i == 9:
        K = 1
        del builtins.K


original = P.get
for hook in (set_global, patch_method, patch_attribute, change_class, change_list, add_getattribute, global_vanishes):
    K = 1
    print(hook.__name__, loop(objects, 300, hook))


def callee(x):
    return x + 1


def outer(n):
    t = 0
    for i in range(n):
        t += callee(i)
        if i == n // 3:
            callee.__code__ = (lambda x: x * 2).__code__
        if i == n // 2:
            callee.__defaults__ = (5,)
            callee.__code__ = (lambda x, y=0: x + y).__code__
        if i == 2 * n // 3:
            globals()["callee"] = len
            i = t = 0
            globals()["callee"] = lambda x: 1
    return t


print(outer(900))


def frame_writer(n):
    t = 0
    for i in range(n):
        t += i
        if i == n // 2:
            sys._getframe().f_locals["t"] = 10**9
    return t


print(frame_writer(200))


def iterator_swapped(n):
    data = list(range(n))
    it = iter(data)
    seen = 0
    for v in it:
        seen += v
        if v == 5:
            it.__setstate__(n - 3)
    return seen


print(iterator_swapped(100))
flag = [True]


def waits():
    n = 0
    while flag[0]:
        n += 1
    return "stopped"


t = threading.Timer(0.05, lambda: flag.__setitem__(0, False))
t.start()
print(waits())
t.join()
running = True


def waits_global():
    n = 0
    while running:
        n += 1
    return "stopped"


def stop():
    global running
    running = False


t = threading.Timer(0.05, stop)
t.start()
print(waits_global())
t.join()


class Flag:
    on = True


f = Flag()


def waits_attribute():
    while f.on:
        pass
    return "stopped"


t = threading.Timer(0.05, lambda: setattr(Flag, "on", False))
t.start()
print(waits_attribute())
t.join()


def recursion_patched(n):
    global fact
    if n == 10:
        fact = lambda k: 7
    return 1 if n < 2 else n * fact(n - 1)


fact = recursion_patched
print(fact(20), fact(3))
