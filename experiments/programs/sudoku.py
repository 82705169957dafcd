"""A sudoku solver: candidates in bit masks, most constrained cell first."""

KIND = "python"
EXPECTED = (
    6,
    '541379628762851934839462751624138579958746312173925486415687293387294165296513847',
    14804,
)

GRID = ["1....7.9.", ".3..2...8", "..96..5..", "..53..9..", ".1..8...2",
        "6....4...", "3......1.", ".4......7", "..7...3.."]


def variants(rows):
    """The same puzzle with its bands rotated, its sides swapped and its digits renamed."""
    for turn in range(3):
        rotated = rows[3 * turn:] + rows[:3 * turn]
        for grid in (rotated, ["".join(column) for column in zip(*rotated)]):
            names = "".join(str((digit + turn) % 9 + 1) for digit in range(9))
            yield "".join(grid).translate(str.maketrans("123456789", names))


class Solver:
    def __init__(self, text):
        self.cells = [0] * 81
        self.rows, self.columns, self.boxes = [0] * 9, [0] * 9, [0] * 9
        self.tried = 0
        for index, sign in enumerate(text):
            if sign != ".":
                self.place(index, int(sign))

    def place(self, index, digit):
        bit = 1 << digit
        row, column = divmod(index, 9)
        self.cells[index] = digit
        self.rows[row] ^= bit
        self.columns[column] ^= bit
        self.boxes[row // 3 * 3 + column // 3] ^= bit

    def remove(self, index):
        self.place(index, self.cells[index])
        self.cells[index] = 0

    def choices(self, index):
        row, column = divmod(index, 9)
        used = self.rows[row] | self.columns[column] | self.boxes[row // 3 * 3 + column // 3]
        return [digit for digit in range(1, 10) if not used >> digit & 1]

    def solve(self):
        best, options = None, range(10)
        for index in range(81):
            if self.cells[index] == 0:
                found = self.choices(index)
                if len(found) < len(options):
                    best, options = index, found
                    if len(found) < 2:
                        break
        if best is None:
            return True
        for digit in options:
            self.tried += 1
            self.place(best, digit)
            if self.solve():
                return True
            self.remove(best)
        return False


def run():
    solvers = [Solver(grid) for grid in variants(GRID)]
    solved = sum(solver.solve() for solver in solvers)
    return solved, "".join(map(str, solvers[-1].cells)), sum(solver.tried for solver in solvers)
