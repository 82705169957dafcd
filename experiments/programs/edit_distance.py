"""Edit distances between words: dynamic programming over two rows of ints."""

KIND = "python"
EXPECTED = (26320, 13)

WORDS = ["interpreter", "interpolation", "permutation", "compilation", "compiler", "competition",
         "repetition", "partition", "translation", "transition", "specialisation", "generation"]


def distance(a, b):
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            change = previous[j - 1] + (x != y)
            current.append(min(change, previous[j] + 1, current[j - 1] + 1))
        previous = current
    return previous[-1]


def run():
    table = [[distance(a, b) for b in WORDS] for a in WORDS for _ in range(28)]
    return sum(map(sum, table)), max(map(max, table))
