"""Solutions of core-repeated-text; each function is a program of its own."""


def honest_sets(text, length):
    seen, repeats = set(), set()
    for start in range(len(text) - length + 1):
        piece = text[start : start + length]
        if piece in seen:
            repeats.add(piece)
        seen.add(piece)
    return sorted(repeats)


def honest_counter(text, length):
    from collections import Counter

    counts = Counter(text[start : start + length] for start in range(len(text) - length + 1))
    return sorted(piece for piece, count in counts.items() if count > 1)


def honest_sorted(text, length):
    pieces = sorted(text[start : start + length] for start in range(len(text) - length + 1))
    return list(dict.fromkeys(piece for piece, after in zip(pieces, pieces[1:]) if piece == after))


def honest_find(text, length):
    pieces = {text[start : start + length] for start in range(len(text) - length + 1)}
    return sorted(piece for piece in pieces if text.find(piece, text.find(piece) + 1) >= 0)


def wrong_no_overlap(text, length):
    pieces = {text[start : start + length] for start in range(len(text) - length + 1)}
    return sorted(piece for piece in pieces if text.count(piece) > 1)


def wrong_each_time(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length + 1)]
    return sorted(piece for place, piece in enumerate(pieces) if piece in pieces[:place])


def wrong_in_order_of_the_text(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length + 1)]
    return list(dict.fromkeys(piece for piece in pieces if pieces.count(piece) > 1))


def wrong_last_piece_is_missing(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length)]
    return sorted({piece for piece in pieces if pieces.count(piece) > 1})


def wrong_exactly_twice(text, length):
    pieces = [text[start : start + length] for start in range(len(text) - length + 1)]
    return sorted({piece for piece in pieces if pieces.count(piece) == 2})


def wrong_pieces_side_by_side(text, length):
    pieces = [text[start : start + length] for start in range(0, len(text) - length + 1, length)]
    return sorted({piece for piece in pieces if pieces.count(piece) > 1})
