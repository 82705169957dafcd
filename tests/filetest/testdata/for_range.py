# The loop variable receives the item, without a temporary.
# RUN: bytecode f g


def f(n):
    total = 0
    for i in range(n):
        if i % 2:
            continue
        total += i
    else:
        total = -total
    return total


def g(rows):
    for row in rows:
        for key, value in row:
            print(key, value)


f(3)
g([])
