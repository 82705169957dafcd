"""Primes by an index-loop sieve over a list of flags: small integer loops."""

KIND = "python"
EXPECTED = (56543, 699967)

LIMIT = 700000


def sieve(limit):
    composite = [False] * (limit + 1)
    count = last = 0
    candidate = 2
    while candidate <= limit:
        if not composite[candidate]:
            count += 1
            last = candidate
            multiple = candidate * candidate
            while multiple <= limit:
                composite[multiple] = True
                multiple += candidate
        candidate += 1
    return count, last


def run():
    return sieve(LIMIT)
