# Names of a module or class body live in dicts.
# RUN: bytecode <module> C
import os.path as path
from math import pi, tau

x: int = 1


class C:
    y = x
    x = y + 1


del x
print(pi < tau, path is not None, C.x)
