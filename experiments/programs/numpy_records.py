"""Many short NumPy arrays indexed, masked and reduced element by element."""

import numpy as np

KIND = "numpy-small"
EXPECTED = 1697036

ROUNDS = 9000


def run():
    base = np.arange(16, dtype=np.int64)
    total = 0
    for turn in range(ROUNDS):
        row = (base * 7 + turn) % 23
        total += int(row[row > 11].sum()) + int(row.argmax())
        for index in range(0, 16, 4):
            total += int(row[index])
        table = row.reshape(4, 4)
        total += int(table.T[1].min()) + table.shape[0]
    return total
