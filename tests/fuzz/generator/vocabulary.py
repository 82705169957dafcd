"""Constants, names and operators that programs are made of."""

INTS = """0 1 -1 2 3 5 7 10 63 64 100 255 256 257 -5 -6 1000 65535 2**29 2**30-1 2**30 2**30+1 -2**30 -2**30-1 2**31
 2**32 2**53+1 2**59 2**60-1 2**60 2**60+1 -2**60 -2**60-1 2**61 2**62 2**63-1 2**63 -2**63 -2**63-1 2**64 10**20
 -10**20 True False""".split()
SMALL = "0 1 2 3 4 5 6 7 8 9 -1 -2 -3 10 12 17 True False".split()
NEAR = "2**30-1 2**30 -2**30 2**59 2**60-1 2**60 -2**60 2**62 2**63-1 -2**63 2**31 2**61".split()
FLOATS = """0.0 -0.0 1.0 0.5 1.5 -2.25 3.0 1e10 1e16 1e300 -1e300 5e-324 1e-310 INF -INF NAN 2.0**53 2.5 0.1 -7.75
 4503599627370497.5 1e22""".split()
STRINGS = """'' 'a' 'b' 'abc' 'zz9' 'hello' 'x_y' '\\u00e9' '\\u20ac1' '\\U0001f600q' '12' '-3' 'aXbX' 'Q'*3""".split()
KEYS = "'a' 'b' 'k' 0 1 2 1.0 True None (1,2)".split()
ATTRS = ("a", "b", "c", "k")
METHODS = ("m0", "m1", "m2")
BINARY = ("add", "sub", "mul", "floordiv", "truediv", "mod", "and", "or", "xor", "lshift", "pow", "matmul")
SYMBOL = dict(zip(BINARY, "+ - * // / % & | ^ << ** @".split()))
KINDS = "iiiiiffffsslltdoobn"
LETTER = {"i": "i", "f": "f", "s": "s", "l": "l", "t": "t", "d": "d", "o": "o", "b": "b", "n": "i", "a": "a"}
