"""Functions that make functions: cells, nonlocal counters, partial application."""

KIND = "python"
EXPECTED = (4527, 213594)

ROUNDS = 160000


def compose(*functions):
    def composed(value):
        for function in functions:
            value = function(value)
        return value
    return composed


def adder(amount):
    return lambda value: value + amount


def scaler(factor, modulus):
    def scale(value):
        return value * factor % modulus
    return scale


def make_counter():
    count = 0

    def tick(by=1):
        nonlocal count
        count += by
        return count

    def reading():
        return count

    return tick, reading


def run():
    tick, reading = make_counter()
    pipeline = compose(adder(3), scaler(7, 10007), adder(-1), lambda v: v ^ 5)
    value = 1
    for turn in range(ROUNDS):
        value = pipeline(value)
        if value % 3 == 0:
            tick()
        else:
            tick(by=value & 3)
        if turn % 10 == 0:
            local = adder(turn)
            value = local(value) % 10007
    return value, reading()
