"""Calls with * and **: kinds of iterables and mappings, order, many arguments."""


def f(*args, **kwargs):
    return args, kwargs


def g(a, b=2, *args, c=3, **kwargs):
    return a, b, args, c, kwargs


class Keys:
    def __init__(self, **items):
        self.items = items

    def keys(self):
        print("keys")
        return list(self.items)

    def __getitem__(self, key):
        print("getitem", key)
        return self.items[key]


class BadKeys:
    def keys(self):
        return ["a"]

    def __getitem__(self, key):
        raise LookupError(key)


class Strings(str):
    pass


def gen():
    print("gen start")
    yield 1
    print("gen resumed")
    yield 2


def failing():
    yield 1
    raise ValueError("in the middle")


def show(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)


show(lambda: f(*()))
show(lambda: f(*[], **{}))
show(lambda: f(*"abc", *{1: 2}, *range(2), *gen()))
show(lambda: f(0, *gen(), 3, k=4, **Keys(a=1, b=2), z=5))
show(lambda: f(**Keys(a=1), **Keys(a=2)))
show(lambda: f(**BadKeys()))
show(lambda: f(*failing()))
show(lambda: f(**{Strings("s"): 1}))
show(lambda: f(**{1: 2}))
show(lambda: f(**{"a": 1}, a=2))
show(lambda: f(a=2, **{"a": 1}))
show(lambda: g(*[1], **{"b": 5}))
show(lambda: g(*[1, 2, 3], **{"c": 5, "d": 6}))
show(lambda: g(*[1, 2], b=3))
show(lambda: g(**{"a": 1, "c": 0}))
show(lambda: g(*(), **{}))
show(lambda: print(*[1, 2], sep="-", **{"end": "!\n"}))
show(lambda: dict(*[[("a", 1)]], **{"b": 2}))
show(lambda: [].append(*[5]))
show(lambda: "{} {x}".format(*[1], **{"x": 2}))
show(lambda: int(*["ff"], **{"base": 16}))

args = [1, 2]
kwargs = {"k": args}
result = f(*args, **kwargs)
args.append(3)
kwargs["k2"] = 0
print(result)


def mutate(*args, **kwargs):
    kwargs["new"] = 1
    return kwargs


print(mutate(**kwargs), kwargs)
t = (1, 2, 3)
print(f(*t)[0] is t, f(*t)[0] == t)

names = [f"a{i}" for i in range(300)]
source = f"def many({', '.join(names)}): return {' + '.join(names)}\n"
source += f"def many_kw(*, {', '.join(names)}): return a0, a299\n"
source += f"def many_defaults({', '.join(f'{n}={i}' for i, n in enumerate(names))}): return a0, a255, a256, a299\n"
source += f"r1 = many({', '.join(str(i) for i in range(300))})\n"
source += f"r2 = many({', '.join(f'{n}={i}' for i, n in enumerate(names))})\n"
source += f"r3 = many_kw({', '.join(f'{n}={i}' for i, n in enumerate(names))})\n"
source += f"r4 = len(f({', '.join(str(i) for i in range(1000))})[0])\n"
source += "r5 = many_defaults(), many_defaults(7), many_defaults(a256='x')\n"
exec(source)
print(r1, r2, r3, r4, r5)
show(lambda: many(1))
show(lambda: many(*range(301)))
show(lambda: many_kw(a0=1))
show(lambda: many(*range(300)))
show(lambda: many_kw(**dict.fromkeys(names, 1)))

print((lambda *a, **k: (a, k))(*[1], x=2))
print([*range(3)], (*"ab", *[1]), {*[1, 2], 1}, {**{"a": 1}, "b": 2, **{"a": 3}})
print(max(*[3, 9, 2]), sum(*[[1, 2]]), list(zip(*[[1, 2], [3, 4]])))


class M:
    def m(self, *args, **kw):
        return args, kw

    @classmethod
    def c(cls, *args, **kw):
        return cls.__name__, args, kw

    def __call__(self, *args, **kw):
        return args, kw


m = M()
print(m.m(*[1], **{"a": 1}), m.c(*[2]), m(*[3], b=1), M.m(m, *[4]), M.m(*[m, 5]))
bound = m.m
print(bound(1, *[2], c=3), bound(**{"self_": 1}))
show(lambda: bound(self=1))
show(lambda: f(self=1, args=2, kwargs=3))
