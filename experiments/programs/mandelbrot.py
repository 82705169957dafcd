"""Escape times of the Mandelbrot set: float arithmetic on local variables."""

KIND = "python"
EXPECTED = 666111658

WIDTH, HEIGHT, LIMIT = 220, 150, 200


def escape_time(cr, ci, limit):
    zr = zi = 0.0
    for step in range(limit):
        rr = zr * zr
        ii = zi * zi
        if rr + ii > 4.0:
            return step
        zi = 2.0 * zr * zi + ci
        zr = rr - ii + cr
    return limit


def run():
    total = 0
    for row in range(HEIGHT):
        ci = -1.2 + 2.4 * row / HEIGHT
        for column in range(WIDTH):
            cr = -2.2 + 3.2 * column / WIDTH
            total = (total * 31 + escape_time(cr, ci, LIMIT)) % 1000000007
    return total
