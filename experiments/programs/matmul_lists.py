"""Matrix product on lists of lists of floats."""

KIND = "python"
EXPECTED = (26285.6875, 180.9375)

SIZE = 130


def make(size, shift):
    return [[(i * 3 + j * 7 + shift) % 11 / 4.0 for j in range(size)] for i in range(size)]


def multiply(a, b):
    size = len(a)
    result = [[0.0] * size for _ in range(size)]
    for i in range(size):
        row, out = a[i], result[i]
        for k in range(size):
            factor, other = row[k], b[k]
            for j in range(size):
                out[j] += factor * other[j]
    return result


def run():
    product = multiply(make(SIZE, 1), make(SIZE, 5))
    return sum(product[i][i] for i in range(SIZE)), product[3][SIZE - 1]
