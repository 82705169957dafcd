"""Matrix product on flat array.array('d') buffers with computed indices."""

from array import array

KIND = "python"
EXPECTED = (6785.609375, 49.40625)

SIZE = 110


def make(size, shift):
    return array("d", [(i * 5 + j * 3 + shift) % 13 / 8.0
                       for i in range(size) for j in range(size)])


def multiply(a, b, size):
    result = array("d", bytes(8 * size * size))
    for i in range(size):
        base = i * size
        for j in range(size):
            total = 0.0
            for k in range(size):
                total += a[base + k] * b[k * size + j]
            result[base + j] = total
    return result


def run():
    product = multiply(make(SIZE, 2), make(SIZE, 9), SIZE)
    return sum(product[::SIZE + 1]), product[SIZE - 1]
