"""A planet and its moon around a star, all state in local floats (leapfrog steps)."""

from math import sqrt

KIND = "python"
EXPECTED = (1.0, 0.0, 1.002184, 0.004785)

STEPS = 300000


def integrate(steps, dt):
    px, py, pvx, pvy = 1.0, 0.0, 0.0, 6.2831853
    mx, my, mvx, mvy = 1.01, 0.0, 0.0, 6.9
    sun, planet = 39.4784176, 0.012
    for _ in range(steps):
        r2 = px * px + py * py
        pull = sun / (r2 * sqrt(r2))
        pvx -= dt * pull * px
        pvy -= dt * pull * py
        r2 = mx * mx + my * my
        pull = sun / (r2 * sqrt(r2))
        dx, dy = mx - px, my - py
        d2 = dx * dx + dy * dy + 1e-9
        tide = planet / (d2 * sqrt(d2))
        mvx -= dt * (pull * mx + tide * dx)
        mvy -= dt * (pull * my + tide * dy)
        px += dt * pvx
        py += dt * pvy
        mx += dt * mvx
        my += dt * mvy
    return px, py, mx, my


def run():
    return tuple(round(value, 6) for value in integrate(STEPS, 1e-5))
