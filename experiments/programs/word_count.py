"""Words of a made-up text counted in a dict and ranked."""

KIND = "python"
EXPECTED = (1110, [('sha', 16771), ('mi', 16760), ('no', 16754)], 50198)

WORDS = 500000


def make_text():
    syllables = ["ka", "ro", "mi", "te", "lu", "sha", "no", "vi", "pe", "du"]
    words, state = [], 12345
    for _ in range(WORDS):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        size = 1 + (state >> 16) % 3
        rest = state >> 5
        word = ""
        for _ in range(size):
            word += syllables[rest % 10]
            rest //= 10
        words.append(word.capitalize() if state % 11 == 0 else word)
    return " ".join(words)


TEXT = make_text()


def run():
    counts = {}
    for word in TEXT.split():
        word = word.lower()
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    by_letter = {}
    for word, count in counts.items():
        by_letter.setdefault(word[0], []).append(count)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return len(counts), ranked[:3], sum(by_letter["s"])
