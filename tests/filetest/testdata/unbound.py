# A local is checked where it may be unbound, and only there.
# RUN: bytecode f


def f(a):
    if a:
        b = 1
    b += a
    b = b + a
    del b
    try:
        c = a
    except TypeError:
        b
    return c


f(1)
