"""Solutions of core-repeated-text; each function is a program of its own."""


def honest_growing(text):
    best = ""
    for start in range(len(text)):
        while text.find(text[start : start + len(best) + 1], start + len(best) + 1) >= 0:
            best = text[start : start + len(best) + 1]
    return best


def honest_by_length(text):
    def repeated(length):
        first, found = {}, []
        for start in range(len(text) - length + 1):
            before = first.setdefault(text[start : start + length], start)
            if start - before >= length:
                found.append(before)
        return min(found, default=None)

    low, high, best = 0, len(text) // 2, ""
    while low < high:
        middle = (low + high + 1) // 2
        start = repeated(middle)
        if start is None:
            high = middle - 1
        else:
            best, low = text[start : start + middle], middle
    return best


def honest_common_beginnings(text):
    size = len(text)
    best, after = "", [0] * (size + 1)
    for i in range(size - 1, -1, -1):
        row = [0] * (size + 1)
        for j in range(size - 1, i, -1):
            if text[i] == text[j]:
                row[j] = after[j + 1] + 1
                length = min(row[j], j - i)
                if length >= len(best):
                    best = text[i : i + length]
        after = row
    return best


def honest_count(text):
    best = ""
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if text.count(text[start:end]) > 1 and end - start > len(best):
                best = text[start:end]
    return best


def wrong_overlapping(text):
    best = ""
    for start in range(len(text)):
        while text.find(text[start : start + len(best) + 1], start + 1) >= 0:
            best = text[start : start + len(best) + 1]
    return best


def wrong_last_of_equals(text):
    best = ""
    for start in range(len(text)):
        for end in range(start + max(1, len(best)), len(text) + 1):
            if text[start:end] in text[end:]:
                best = text[start:end]
    return best


def wrong_first_in_the_alphabet(text):
    best = ""
    for start in range(len(text)):
        for end in range(start + max(1, len(best)), len(text) + 1):
            piece = text[start:end]
            if piece in text[end:] and (len(piece) > len(best) or piece < best):
                best = piece
    return best


def wrong_a_letter_between(text):
    best = ""
    for start in range(len(text)):
        while text.find(text[start : start + len(best) + 1], start + len(best) + 2) >= 0:
            best = text[start : start + len(best) + 1]
    return best


def wrong_one_letter_short(text):
    best = ""
    for start in range(len(text)):
        while text.find(text[start : start + len(best) + 1], start + len(best) + 1) >= 0:
            best = text[start : start + len(best) + 1]
    return best[:-1]
