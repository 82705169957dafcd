"""Pancake flips over all permutations: list indexing, slices and swaps."""

KIND = "python"
EXPECTED = (30, -615)

SIZE = 9


def flips(stack):
    count = 0
    first = stack[0]
    while first:
        stack[:first + 1] = stack[first::-1]
        count += 1
        first = stack[0]
    return count


def pancakes(size):
    order = list(range(size))
    turns = [0] * size
    most = checksum = 0
    sign, index = 1, 0
    while True:
        if order[0]:
            count = flips(order[:])
            if count > most:
                most = count
            checksum += sign * count
        # The next permutation by Heap's method: one swap each.
        while index < size and turns[index] >= index:
            turns[index] = 0
            index += 1
        if index >= size:
            return most, checksum
        other = turns[index] if index & 1 else 0
        order[other], order[index] = order[index], order[other]
        turns[index] += 1
        sign, index = -sign, 0


def run():
    return pancakes(SIZE)
