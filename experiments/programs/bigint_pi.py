"""Digits of pi with Machin's arctangent series on big integers."""

KIND = "library"
EXPECTED = ('15154222219432913021', 376459899)

DIGITS = 12500


def arctan_inverse(x, unity):
    power = total = unity // x
    square, divisor, sign = x * x, 3, -1
    while power:
        power //= square
        total += sign * (power // divisor)
        sign = -sign
        divisor += 2
    return total


def run():
    unity = 10 ** (DIGITS + 10)
    pi = 4 * (4 * arctan_inverse(5, unity) - arctan_inverse(239, unity))
    pi //= 10 ** 10
    return str(pi % 10 ** 20), pi % 1000000007
