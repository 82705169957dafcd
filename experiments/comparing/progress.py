"""A line that says how far the measurement is and how long it will take."""

import sys
import time

SPARSE_SECONDS = 30


def clock(seconds):
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class Progress:
    """On a terminal the line is rewritten in place; elsewhere a line appears now and then."""

    def __init__(self, jobs, stream=sys.stderr, now=time.monotonic):
        self.left = list(jobs)
        self.total = len(self.left)
        self.stream = stream
        self.now = now
        self.on_terminal = stream.isatty()
        self.durations = {}
        self.last_line = now()

    def time_left(self):
        """Each job is expected to take as long as the same one did last, or else the mean."""
        if not self.durations:
            return None
        mean = sum(self.durations.values()) / len(self.durations)
        return sum(self.durations.get(job, mean) for job in self.left)

    def show(self, job):
        left = self.time_left()
        estimate = "estimating" if left is None else f"{clock(left)} left"
        text = f"{self.total - len(self.left)}/{self.total}  {' on '.join(job)}  {estimate}"
        if self.on_terminal:
            self.stream.write("\r\x1b[K" + text[:110])
        elif self.now() - self.last_line >= SPARSE_SECONDS:
            self.last_line = self.now()
            self.stream.write(text + "\n")
        self.stream.flush()

    def done(self, job, seconds):
        self.durations[job] = seconds
        self.left.remove(job)

    def close(self):
        if self.on_terminal:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
