"""Solutions of core-unfold; each function is a program of its own."""


def honest_split(text):
    written = []
    for piece in text.split(","):
        letters, _, number = piece.partition("*")
        written.append(letters * int(number or 1))
    return "".join(written)


def honest_regular_expression(text):
    import re

    return re.sub(r"([a-z]+)\*(\d+)", lambda m: m[1] * int(m[2]), text).replace(",", "")


def honest_letters(text):
    parts, letters, number = [], "", ""
    for letter in f"{text},":
        if letter == ",":
            parts.append(letters * int(number or 1))
            letters, number = "", ""
        elif letter.isdigit():
            number += letter
        elif letter != "*":
            letters += letter
    return "".join(parts)


def wrong_one_digit(text):
    return "".join(
        piece.split("*")[0] * int(piece[-1]) if "*" in piece else piece for piece in text.split(",")
    )


def wrong_first_digit(text):
    import re

    return re.sub(r"([a-z]+)\*(\d)\d*", lambda m: m[1] * int(m[2]), text).replace(",", "")


def wrong_no_number_is_nothing(text):
    import re

    return "".join(letters * int(number) for letters, number in re.findall(r"([a-z]+)\*(\d+)", text))


def wrong_no_number_is_twice(text):
    parts = [piece.partition("*") for piece in text.split(",")]
    return "".join(letters * int(number or 2) for letters, _, number in parts)


def wrong_zero_is_one(text):
    parts = [piece.partition("*") for piece in text.split(",")]
    return "".join(letters * (int(number or 1) or 1) for letters, _, number in parts)


def wrong_commas_stay(text):
    import re

    return re.sub(r"([a-z]+)\*(\d+)", lambda m: m[1] * int(m[2]), text)


def wrong_last_letter_only(text):
    import re

    return re.sub(r"([a-z])\*(\d+)", lambda m: m[1] * int(m[2]), text).replace(",", "")
