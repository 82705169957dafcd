# A generator is entered again behind its YIELD; yield from keeps the inner iterator on top.
# RUN: bytecode f g f.<locals>.<genexpr>


def f(n):
    got = yield n
    print(end=str((yield)) and "")
    yield from (x for x in got if x)


def g():
    return [x for x in f(1) if x]


try:
    g()
except TypeError:
    pass
for x in (f(1), f(2)):
    next(x), x.send((3,)), list(x)
