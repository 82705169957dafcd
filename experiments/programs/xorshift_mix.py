"""A 64-bit random generator and a hash in masked integers: two-digit int arithmetic."""

KIND = "python"
EXPECTED = 16597862901943107149

ROUNDS = 350000
MASK = (1 << 64) - 1


def mix(seed, rounds):
    state, digest = seed, 0xCBF29CE484222325
    for _ in range(rounds):
        state ^= (state << 13) & MASK
        state ^= state >> 7
        state ^= (state << 17) & MASK
        digest = ((digest ^ (state & 0xFF)) * 0x100000001B3) & MASK
    return digest


def run():
    return mix(0x9E3779B97F4A7C15, ROUNDS)
