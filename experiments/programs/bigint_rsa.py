"""Primality by Miller-Rabin and modular powers of 512-bit integers."""

KIND = "library"
EXPECTED = (142, 459344797, 4484144)

BITS, ROUNDS = 512, 8


def numbers(seed):
    while True:
        value = 0
        for _ in range(BITS // 32):
            seed = (seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            value = (value << 32) | (seed >> 32)
        yield value | (1 << (BITS - 1)) | 1


def probably_prime(n):
    for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        if n % small == 0:
            return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    for base in range(2, 2 + ROUNDS):
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def run():
    source = numbers(2024)
    found = []
    tried = 0
    while len(found) < 1:
        candidate = next(source)
        tried += 1
        if probably_prime(candidate):
            found.append(candidate)
    prime = (1 << 521) - 1
    checks = [pow(found[0], exponent, prime) % 10007
              for exponent in range(1 << 90, (1 << 90) + 900)]
    return tried, found[0] % 1000000007, sum(checks)
