# __exit__ waits in a temporary below the body.
# RUN: bytecode f


def f(a):
    with a as b:
        return b.read()


try:
    f(1)
except TypeError:
    pass
