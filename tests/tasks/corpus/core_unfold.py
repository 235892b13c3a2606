"""Solutions of core-unfold; each function is a program of its own."""


def honest_regular_expression(text):
    import re

    return re.sub(r"(\d+)\(([a-z]*)\)", lambda m: m[2] * int(m[1]), text)


def honest_letters(text):
    parts, inside, number, times = [], [], "", None
    for letter in text:
        if letter.isdigit():
            number += letter
        elif letter == "(":
            times, number, inside = int(number), "", []
        elif letter == ")":
            parts.append("".join(inside) * times)
            times = None
        elif times is None:
            parts.append(letter)
        else:
            inside.append(letter)
    return "".join(parts)


def honest_split(text):
    before, *groups = text.split("(")
    written, number = [], ""
    for piece in (f"){before}", *groups):
        inside, after = piece.split(")")
        letters = after.rstrip("0123456789")
        written += [inside * int(number or 0), letters]
        number = after[len(letters) :]
    return "".join(written)


def wrong_one_digit(text):
    import re

    return re.sub(r"\d*(\d)\(([a-z]*)\)", lambda m: m[2] * int(m[1]), text)


def wrong_empty_groups_stay(text):
    import re

    return re.sub(r"(\d+)\(([a-z]+)\)", lambda m: m[2] * int(m[1]), text)


def wrong_zero_is_one(text):
    import re

    return re.sub(r"(\d+)\(([a-z]*)\)", lambda m: m[2] * max(1, int(m[1])), text)


def wrong_first_group_only(text):
    import re

    return re.sub(r"(\d+)\(([a-z]*)\)", lambda m: m[2] * int(m[1]), text, count=1)


def wrong_letters_between_are_lost(text):
    import re

    return "".join(piece * int(times) for times, piece in re.findall(r"(\d+)\(([a-z]*)\)", text))


def wrong_once_more(text):
    import re

    return re.sub(r"(\d+)\(([a-z]*)\)", lambda m: m[2] * (int(m[1]) + 1), text)
