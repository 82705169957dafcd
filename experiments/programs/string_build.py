"""Text made piece by piece: concatenation, join, format and f-strings."""

KIND = "python"
EXPECTED = (2219616, 105000, '6, 61|8749.75\n69999,m,489993, 62|8749.88')

ROWS = 70000


def roman(number):
    text = ""
    for value, sign in ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"),
                        (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"),
                        (5, "v"), (4, "iv"), (1, "i")):
        while number >= value:
            text += sign
            number -= value
    return text


def run():
    rows = []
    for index in range(ROWS):
        numeral = roman(index % 1500 + 1)
        cells = [str(index), numeral, "%05d" % (index * 7), f"{index % 97:>3}|{index / 8:.2f}"]
        rows.append(",".join(cells))
    page = "\n".join(rows)
    return len(page), page.count("x"), page[-40:]
