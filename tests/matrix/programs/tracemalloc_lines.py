"""tracemalloc knows the line of each allocation, in functions that call nothing else."""
import tracemalloc


def build(a, b):
    if a:
        empty = []
        pair = (
            a,
            b,
        )
        items = [
            a,
            pair,
        ]
    mapping = {
        a: b}
    members = {
        a, b}
    function = (
        lambda: a
    )
    text = (
        f"{a}{b}"
    )
    part = a.__class__(
        b"abc", "ascii")
    return empty, pair, items, mapping, members, function, text, part


def lines(objects):
    found = []
    for o in objects:
        frame = tracemalloc.get_object_traceback(o)[-1]
        found.append((type(o).__name__, frame.lineno - build.__code__.co_firstlineno))
    return found


tracemalloc.start()
for _ in range(3):
    print(lines(build("a", "b")))
tracemalloc.stop()
