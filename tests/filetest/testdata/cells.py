# Variables that an inner function shares live in cells.
# RUN: bytecode f f.<locals>.g


def f(a, b):
    n = 0

    def g(x=b):
        nonlocal n
        n += a
        return n

    del a
    return g


try:
    f(1, 2)()
except NameError:
    pass
