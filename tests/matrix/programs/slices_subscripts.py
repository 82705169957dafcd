"""Subscripts and slices: load, store, delete, on builtins and custom types."""
import sys
import traceback


class Show:
    def __getitem__(self, key):
        return key

    def __setitem__(self, key, value):
        print("set", key, value)

    def __delitem__(self, key):
        print("del", key)


class Index:
    def __init__(self, n):
        self.n = n

    def __index__(self):
        return self.n


class BadIndex:
    def __index__(self):
        return "x"


class MyList(list):
    def __getitem__(self, i):
        return ("mine", super().__getitem__(i))


class MyDict(dict):
    def __missing__(self, key):
        return f"missing {key}"


class ClassItem:
    def __class_getitem__(cls, item):
        return f"{cls.__name__}[{item}]"


def show(function, *args):
    try:
        print(function(*args))
    except Exception:
        traceback.print_exc(file=sys.stdout)


s = Show()
print(s[1], s[1:2], s[1:2:3], s[:], s[::], s[:, 1], s[1:2, ::3], s[...], s[()], s[(1, 2)], s[1, *[2, 3]])
s[1:2] = s[0]
s[:, ...] = 5
s[1, 2] += (3,)
del s[1:2], s[0], s[::]


def get(c, i):
    return c[i]


def put(c, i, v):
    c[i] = v
    return c


def remove(c, i):
    del c[i]
    return c


L, T, S, D, B = [1, 2, 3], (1, 2, 3), "abc", {1: "one", "k": 2}, b"xyz"
for c in (L, T, S, B, range(3), bytearray(B), memoryview(B)):
    for i in (0, -1, 2, True, Index(1)):
        show(get, c, i)
for i in (3, -4, 2**70, 1.5, "x", None, Index(9), BadIndex()):
    for c in (L, T, S):
        show(get, c, i)
for k in (1, "k", True, 1.0, 2, (), []):
    show(get, D, k)
show(get, MyList([5]), 0)
show(get, MyDict(), "q")
show(get, ClassItem, int)
show(get, list, int)
show(get, int, 3)
show(get, 5, 3)
show(get, None, 0)
show(get, lambda: 0, 0)
for a in (None, 0, 1, -1, -10, 10, 2**80, Index(1)):
    print(L[a:], L[:a], S[a:], T[a:2], L[a:a], end=" ")
print()
print(L[::-1], S[::2], T[::-2], L[2:0:-1], S[-2:], L[5:], range(10)[2:8:3])
show(lambda: L[::0])
show(lambda: L["a":])
show(lambda: L[1.5:])
show(lambda: D[1:2])
show(put, [1, 2, 3], 0, "a")
show(put, [1, 2, 3], -1, "a")
show(put, [1, 2, 3], 3, "a")
show(put, [1, 2, 3], "x", "a")
show(put, (1,), 0, 1)
show(put, "abc", 0, "x")
show(put, {}, "k", "v")
show(put, {}, [], "v")
show(put, bytearray(b"abc"), 1, 65)
show(put, bytearray(b"abc"), 1, 300)
show(put, 5, 1, 1)
show(remove, [1, 2, 3], 1)
show(remove, [1, 2, 3], 5)
show(remove, {1: 2}, 1)
show(remove, {1: 2}, 3)
show(remove, (1,), 0)
show(remove, 5, 0)


def slice_store():
    x = list(range(10))
    x[2:4] = "abc"
    x[::4] = [0, 0, 0]
    x[:0] = (-1,)
    x[len(x):] = [99]
    del x[1:3]
    del x[::3]
    x[1:1] = x
    return x


show(slice_store)
show(lambda: put([1, 2, 3], slice(None, None, 2), [1]))
show(lambda: put([1, 2, 3], slice(0, 1), 5))


def augmented():
    x = [1, [2], "s"]
    x[0] += 5
    x[1] += [3]
    x[2] *= 2
    d = {"n": 1}
    d["n"] <<= 4
    t = ([],)
    try:
        t[0] += [1]
    except TypeError as e:
        print(e)
    return x, d, t


show(augmented)


def hot(c, n):
    total = 0
    for i in range(n):
        total += c[i % 3]
        c[i % 3] = i & 7
    return total, c


print(hot([1, 2, 3], 1000), hot({0: 1, 1: 2, 2: 3}, 1000), hot(bytearray(3), 500))
print(slice(1, 2) == slice(1, 2), slice(1, 2, 3).indices(2), sys.getsizeof(slice(0)) > 0)
