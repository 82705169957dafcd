"""Python called back from C in the middle of operations that it disturbs."""
import sys
import traceback


def show(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


class Key:
    def __init__(self, n, action=None):
        self.n, self.action = n, action

    def __hash__(self):
        return 1

    def __eq__(self, other):
        if self.action:
            self.action()
        return isinstance(other, Key) and self.n == other.n

    def __repr__(self):
        return f"Key({self.n})"


def mutate_during_lookup():
    d = {}
    d[Key(1, lambda: d.clear())] = "one"
    try:
        return d.get(Key(2))
    except RuntimeError as e:
        return str(e)


def mutate_list_in_sort():
    items = [3, 1, 2]
    items.sort(key=lambda v: items.append(v) or v)


def mutate_list_in_loop():
    items, seen = [1, 2, 3], []
    for v in items:
        seen.append(v)
        if v < 6:
            items.append(v + 3)
        if v == 2:
            items.remove(1)
    return seen, items


def mutate_dict_in_loop():
    d = {1: 1}
    for k in d:
        d[k + 1] = 1


def mutate_dict_values():
    d = {i: i for i in range(5)}
    for k in d:
        d[k] = -k
    return d


def mutate_set_in_loop():
    s = {1}
    for v in s:
        s.add(v + 1)


def delete_in_loop():
    d = {1: 1, 2: 2}
    for k in d:
        del d[k]


class Shrinks:
    def __init__(self, target):
        self.target = target

    def __index__(self):
        self.target.clear()
        return 0


def index_clears():
    x = [1, 2, 3]
    return x[Shrinks(x)]


def store_clears():
    x = [1, 2, 3]
    x[Shrinks(x)] = 5


class LenLies:
    def __len__(self):
        return 10

    def __getitem__(self, i):
        if i > 2:
            raise IndexError
        return i

    def __length_hint__(self):
        return 1000000


def comparison_raises():
    class C:
        def __lt__(self, other):
            raise KeyError("compare")

    return sorted([C(), C()])


def key_raises():
    return max([1, 2], key=lambda v: v.nope)


def iterator_raises():
    def g():
        yield 1
        raise OSError("in iterator")

    return list(map(str, g()))


def iterator_changes_caller():
    x = [1]

    def g():
        nonlocal x
        yield 1
        x = "rebound"
        yield 2

    return [*g(), x]


def str_join():
    class S:
        def __str__(self):
            raise ValueError("no str")

    return ",".join(map(str, [1, S()]))


def hash_raises():
    class H:
        def __hash__(self):
            raise TypeError("no hash today")

    return {H(): 1}


def bad_hash():
    class H:
        def __hash__(self):
            return "x"

    return {H()}


def contains_raises():
    class C:
        def __eq__(self, other):
            raise ZeroDivisionError("eq")

    return 1 in [0, C(), 1]


def isinstance_hooks():
    class Meta(type):
        def __instancecheck__(cls, obj):
            return obj == 5

        def __subclasscheck__(cls, sub):
            raise ValueError("subclass check")

    class A(metaclass=Meta):
        pass

    print(isinstance(5, A), isinstance(A(), A))
    return issubclass(int, A)


def new_returns_other():
    class A:
        def __new__(cls, x):
            return x

        def __init__(self, x):
            print("init called")

    return A(5), type(A(object.__new__(A))).__name__


def init_returns():
    class A:
        def __init__(self):
            return 5

    return A()


def call_attribute():
    class A:
        pass

    a = A()
    a.__call__ = lambda: "instance call"
    return a()


def getattr_recursion():
    class A:
        def __getattr__(self, name):
            return getattr(self, name[1:]) if len(name) > 1 else name

    return A().abcdef


def setdefault_in_missing():
    class D(dict):
        def __missing__(self, k):
            self[k] = k * 2
            return self[k]

    d = D()
    return d["a"] + d["a"], d


def eval_in_repr():
    class R:
        def __repr__(self):
            return eval("'from eval ' + str(1 + 1)")

    return [R(), (R(),)]


def bool_in_c():
    class B:
        def __bool__(self):
            raise ArithmeticError("bool")

    return any([0, B()]), 1


def context_during_callback():
    def key(v):
        try:
            raise KeyError(v)
        except KeyError:
            return sys.exc_info()[1].args[0]

    try:
        raise ValueError("outer")
    except ValueError:
        return sorted([2, 1], key=key), sys.exc_info()[0].__name__


def reduce_self():
    import functools

    return functools.reduce(lambda a, b: f"({a}{b})", "abcd")


def regex_callback():
    import re

    return re.sub(r"\d+", lambda m: str(int(m[0]) * 2), "a1b22c333")



def property_chain():
    class A:
        @property
        def me(self):
            return self

        def __enter__(self):
            return self.me

        def __exit__(self, *a):
            return self.me is self

    with A().me.me as a:
        raise KeyError
    return type(a).__name__


def mro_change():
    class A:
        def f(self):
            B.__bases__ = (C,)
            return "A.f " + self.g()

        def g(self):
            return "A.g"

    class C:
        def g(self):
            return "C.g"

    class B(A):
        pass

    return B().f()


for case in list(globals().values()):
    if callable(case) and hasattr(case, "__code__") and case.__code__.co_argcount == 0:
        print(case.__name__, end=": ")
        show(case)
show(list, LenLies())
show(tuple, LenLies())
a, b, c = LenLies()
print(a, b, c)
