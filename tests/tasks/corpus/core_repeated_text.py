"""Solutions of core-repeated-text; each function is a program of its own."""


def honest_sets(text, length):
    seen, repeats = set(), set()
    pieces = [text[start : start + length] for start in range(len(text) - length + 1)]
    for piece in pieces:
        if piece in seen:
            repeats.add(piece)
        seen.add(piece)
    return list(dict.fromkeys(piece for piece in pieces if piece in repeats))


def honest_counter(text, length):
    from collections import Counter

    counts = Counter(text[start : start + length] for start in range(len(text) - length + 1))
    return [piece for piece, count in counts.items() if count > 1]


def honest_sorted(text, length):
    pieces = sorted((text[start : start + length], start) for start in range(len(text) - length + 1))
    first = {}
    for (piece, start), (after, _) in zip(pieces, pieces[1:]):
        if piece == after:
            first.setdefault(piece, start)
    return sorted(first, key=first.get)


def honest_find(text, length):
    pieces = dict.fromkeys(text[start : start + length] for start in range(len(text) - length + 1))
    return [piece for piece in pieces if text.find(piece, text.find(piece) + 1) >= 0]


def wrong_no_overlap(text, length):
    pieces = dict.fromkeys(text[start : start + length] for start in range(len(text) - length + 1))
    return [piece for piece in pieces if text.count(piece) > 1]


def wrong_each_time(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length + 1)]
    return [piece for place, piece in enumerate(pieces) if piece in pieces[:place] or piece in pieces[place + 1 :]]


def wrong_in_alphabetical_order(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length + 1)]
    return sorted({piece for piece in pieces if pieces.count(piece) > 1})


def wrong_last_piece_is_missing(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length)]
    return list(dict.fromkeys(piece for piece in pieces if pieces.count(piece) > 1))


def wrong_exactly_twice(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length + 1)]
    return list(dict.fromkeys(piece for piece in pieces if pieces.count(piece) == 2))


def wrong_pieces_side_by_side(text, length):
    pieces = [text[start : start + length] for start in range(0, len(text) - length + 1, length)]
    return list(dict.fromkeys(piece for piece in pieces if pieces.count(piece) > 1))
