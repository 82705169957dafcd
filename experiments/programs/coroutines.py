"""Co-operating generators driven by send, throw and close."""

KIND = "python"
EXPECTED = (38542, [373, 250, 123, 0])

ROUNDS = 400000


class Reset(Exception):
    pass


def running_mean(log):
    total = count = 0
    mean = None
    try:
        while True:
            try:
                value = yield mean
                total += value
                count += 1
                mean = total // count
            except Reset:
                total = count = 0
                mean = None
    finally:
        log.append(count)


def router(targets):
    answers = 0
    while True:
        value = yield answers
        answers = (answers + targets[value % len(targets)].send(value)) & 0xFFFF


def run():
    log = []
    means = [running_mean(log) for _ in range(4)]
    for mean in means:
        next(mean)
    route = router(means)
    next(route)
    answer = 0
    for value in range(ROUNDS):
        answer = route.send(value * 37 % 1001)
        if value % 500 == 499:
            means[value // 500 % 4].throw(Reset)
    for mean in means:
        mean.close()
    return answer, log
