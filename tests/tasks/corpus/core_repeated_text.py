"""Solutions of core-repeated-text; each function is a program of its own."""


def honest_by_length(text):
    def repeated(length):
        seen, found = set(), []
        for start in range(len(text) - length + 1):
            piece = text[start : start + length]
            if piece in seen:
                found.append(piece)
            seen.add(piece)
        return min(found, default=None)

    low, high = 0, len(text) - 1
    best = ""
    while low < high:
        middle = (low + high + 1) // 2
        found = repeated(middle)
        if found is None:
            high = middle - 1
        else:
            best, low = found, middle
    return best


def honest_sorted_suffixes(text):
    from os.path import commonprefix

    suffixes = sorted(text[start:] for start in range(len(text)))
    best = ""
    for pair in zip(suffixes, suffixes[1:]):
        piece = commonprefix(pair)
        if len(piece) > len(best):
            best = piece
    return best


def honest_growing(text):
    best = ""
    pieces = {""}
    while pieces:
        best = min(pieces)
        length = len(best) + 1
        counts = {}
        for start in range(len(text) - length + 1):
            piece = text[start : start + length]
            counts[piece] = counts.get(piece, 0) + 1
        pieces = {piece for piece, count in counts.items() if count > 1}
    return best


def wrong_no_overlap(text):
    for length in range(len(text) // 2, 0, -1):
        found = [text[i : i + length] for i in range(len(text)) if text[i : i + length] in text[i + length :]]
        found = [piece for piece in found if len(piece) == length]
        if found:
            return min(found)
    return ""


def wrong_first_not_smallest(text):
    for length in range(len(text) - 1, 0, -1):
        for start in range(len(text) - length):
            if text.find(text[start : start + length], start + 1) >= 0:
                return text[start : start + length]
    return ""


def wrong_one_letter_short(text):
    for length in range(len(text) - 1, 0, -1):
        found = {text[i : i + length] for i in range(len(text) - length)}
        found = [piece for piece in found if text.find(piece, text.find(piece) + 1) >= 0]
        if found:
            return min(found)[1:]
    return ""
