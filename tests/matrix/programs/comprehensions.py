"""Comprehensions: scope, nesting, conditions, evaluation of the first iterable."""
import sys
import traceback

x = "module x"
print([x for x in range(3)], x, {x for x in "aab"} == {"a", "b"}, {x: x for x in "ab"}, x)
print([(i, j) for i in range(3) for j in range(i) if i + j], [[j for j in range(i)] for i in range(3)])
print([i for i in range(20) if i % 2 if i % 3], [a if a else "zero" for a in range(3)])
print([(y := i, y + 1) for i in range(3)], y)
print([last := i for i in range(3)][-1] is last, any((hit := n) > 2 for n in [1, 3, 5]), hit)
print({i: {j: i * j for j in range(3)} for i in range(3)})
print({k: v for k, v in {"a": 1}.items()}, {(k, v) for k, v in [(1, 2)]}, [*(i for i in range(2))], dict((i, i) for i in "ab"))


def scopes(n):
    return [n + i for i in range(n)], [(lambda: i)() for i in range(n)], [f() for f in [lambda: i for i in range(n)]]


print(scopes(3))


class InClass:
    items = [1, 2]
    doubled = [i * 2 for i in items]
    pairs = [(i, len(z)) for i in items for z in ["ab"]]
    try:
        bad = [items for _ in range(1)]
    except NameError as e:
        bad = str(e)


print(InClass.doubled, InClass.pairs, InClass.bad)


def failing(kind):
    if kind == 0:
        return [i for i in 5]
    if kind == 1:
        return [1 // i for i in (1, 0)]
    if kind == 2:
        return {[]: i for i in range(1)}
    if kind == 3:
        return {[i] for i in range(1)}
    if kind == 4:
        return [i for i in range(3) if i.nope]
    if kind == 5:
        return (i for i in 5)
    if kind == 6:
        return [j for i in range(2) for j in i]
    if kind == 7:
        return {i: 1 // 0 for i in range(2)}


for kind in range(8):
    try:
        failing(kind)
    except Exception:
        traceback.print_exc(file=sys.stdout)

for order in [lambda: [print("elt", i) for i in [print("iter") or 1, 2]], lambda: {print("k", i): print("v", i) for i in "ab"}]:
    order()


def lazy():
    print("first iterable is evaluated at once")
    return [1]


g = (i for i in lazy())
print("made", next(g))
print([f"{a}{b}" for a, *b in ["abc", "d"]], [a for (a, (b, c)) in [(1, (2, 3))]], [d for d in [{}] for d["k"] in [1, 2]])
print(sum(i * j for i in range(10) for j in range(10)), max((len(w), w) for w in "a bb ccc".split()))
print([i for i in iter(lambda c=iter([1, 2, 0, 4]): next(c), 0)], list(map(lambda i: [i] * i, range(3))))


def exception_inside():
    try:
        return [int(v) for v in ["1", "x"]]
    except ValueError as e:
        return str(e), [f.name for f in traceback.extract_tb(e.__traceback__)]


print(exception_inside())


def locals_inside(a):
    b = 2
    return [sorted(locals()) for i in range(1)], sorted(locals())


print(locals_inside(1))
big = [i for i in range(100000) if i & 1]
print(len(big), big[-1], len({i: None for i in range(70000)}), len({i % 1000 for i in range(70000)}))
nested = [[[k for k in range(j)] for j in range(i)] for i in range(4)]
print(nested)
print([lambda: (yield) for _ in range(1)][0]().__name__, [__class__ for __class__ in range(2)])
