# A result goes straight to the local that it is stored to.
# RUN: bytecode f


def f(a, b):
    c = a + b
    d = c[0:2]
    e = d.count
    n = len(d)
    c = d = e
    a = b
    return n


f([1], [2])
