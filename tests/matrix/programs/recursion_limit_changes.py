"""The recursion limit is changed by functions that are hot, by their callees and within recursion."""
import sys


def depth(n=0):
    try:
        return depth(n + 1)
    except RecursionError:
        return n


def down(n):
    return down(n - 1) + 1 if n else 0


def set_limit(n):
    sys.setrecursionlimit(n)


def there_and_back(low, high):
    sys.setrecursionlimit(high)
    sys.setrecursionlimit(low)


def by_callee(low, high):
    set_limit(high)
    set_limit(low)


def deep_inside(low, high):
    sys.setrecursionlimit(high)
    try:
        return down(low + 100)
    finally:
        sys.setrecursionlimit(low)


def within(n, low, high):
    if n == 0:
        there_and_back(low, high)
        return 0
    return within(n - 1, low, high) + 1


def changed_for(limit, call):
    set_limit(limit)
    try:
        return call()
    except RecursionError:
        return "too deep"
    finally:
        set_limit(1000)


usual = depth()
for i in range(2000):
    there_and_back(1000, 2000 + i)
    by_callee(1000, 3000 - i)
    within(5, 1000, 1500)
    down(20)
print(depth() - usual, sys.getrecursionlimit())
print({deep_inside(1000, 2000) for i in range(300)})
print(depth() - usual)
set_limit(1500)
print(depth() - usual)
print({deep_inside(1000, 3000) for i in range(300)})
print(depth() - usual)
for limit in 120, 400:
    print(changed_for(limit, lambda: down(limit - 60)), changed_for(limit, lambda: down(limit + 60)))
print(depth() - usual, sys.getrecursionlimit())
