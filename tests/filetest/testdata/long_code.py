# In code of more than 8000 units, a fused branch reaches its target in two steps. Reads that
# nobody uses take room in CPython's code alone.
# RUN: bytecode f

HEAD = """
def f(a, b):
    for x in a:
        if x < b:
            return x
    while b > 0:
        b -= 1
"""
exec(HEAD + "    a\n" * 4100 + "    return b\n")
f([], 1)
