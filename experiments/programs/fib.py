"""Doubly recursive Fibonacci numbers: nothing but calls."""

KIND = "python"
EXPECTED = 832040


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def run():
    return fib(30)
