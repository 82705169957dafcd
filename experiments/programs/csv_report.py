"""Lines split into fields, converted and summed up: string methods and dicts."""

KIND = "python"
EXPECTED = (21, 10000, 'accra-1990:3715:52047.70', 'turin-2010:3856:53968.70')

LINES = 90000
CITIES = ["Oslo", "Lima", "Quito", "Accra", "Hanoi", "Porto", "Turin"]


def make_text():
    lines = []
    for index in range(LINES):
        lines.append("%s ; %d ; %.1f; %s" % (
            CITIES[index * 5 % 7], 1990 + index % 30, index % 113 / 4.0,
            "ok" if index % 9 else "bad"))
    return "\n".join(lines)


TEXT = make_text()


def run():
    totals, rejected = {}, 0
    for line in TEXT.splitlines():
        city, year, amount, state = [field.strip() for field in line.split(";")]
        if not state.startswith("ok"):
            rejected += 1
            continue
        key = city.lower(), int(year) // 10 * 10
        count, total = totals.get(key, (0, 0.0))
        totals[key] = count + 1, total + float(amount)
    report = ["%s-%d:%d:%.2f" % (city, year, count, total)
              for (city, year), (count, total) in sorted(totals.items())]
    return len(report), rejected, report[0], report[-1]
