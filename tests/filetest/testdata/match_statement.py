# Patterns work on a window of temporaries.
# RUN: bytecode f


def f(x):
    match x:
        case [a, 1, *rest]:
            return rest
        case {"k": v}:
            return v
        case complex(real=r) if r > 0:
            return r
        case None | "y":
            return 0


f(1)
