"""List, dict and set comprehensions with nested loops and conditions."""

KIND = "python"
EXPECTED = (177822, 213, (720, 756, 1044), 128288, 997, 320000)

SIZE = 800


def run():
    triples = [(a, b, a * a + b * b) for a in range(1, SIZE) for b in range(a, SIZE)
               if (a * a + b * b) % 3 != 1]
    squares = {n * n: n for n in range(1, 2 * SIZE)}
    right = [(a, b, squares[c2]) for a, b, c2 in triples if c2 in squares]
    table = {a: [b for b in range(SIZE) if (a ^ b) % 5 == 0] for a in range(SIZE)}
    remainders = {(a * b) % 997 for a in range(SIZE) for b in range(SIZE) if a + b & 1}
    transposed = [[row[i] for row in [[r * c for c in range(40)] for r in range(40)]]
                  for i in range(40)]
    flat = [value for row in transposed for value in row if value & 3]
    return (len(triples), len(right), right[-1], sum(map(len, table.values())),
            len(remainders), sum(flat))
