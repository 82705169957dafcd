# Items go to the locals that they are stored to; others to temporaries.
# RUN: bytecode f g


def f(p):
    a, b = p
    c, (d, e) = p
    return a, b, c, d, e


def g(p, o):
    a, *b, c = p
    a, o.x, b = p
    return a, b, c


f(((1), (2, 3)))
g([1, 2, 3], f)
