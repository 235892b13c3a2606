"""Solutions of core-unfold; each function is a program of its own."""


def honest_stack(text):
    stack, parts, digits = [], [], ""
    for letter in text:
        if letter.isdigit():
            digits += letter
        elif letter == "(":
            stack.append((parts, int(digits) if digits else 2))
            parts, digits = [], ""
        elif letter == ")":
            inside = "".join(parts)
            parts, times = stack.pop()
            parts.append(inside * times)
        else:
            parts.append(letter)
    return "".join(parts)


def honest_regular_expression(text):
    import re

    group = re.compile(r"(\d*)\(([a-z]*)\)")
    while "(" in text:
        text = group.sub(lambda m: m[2] * int(m[1] or 2), text)
    return text


def honest_recursive(text):
    def read(at):
        parts, number = [], ""
        while at < len(text) and text[at] != ")":
            if text[at] == "(":
                inside, at = read(at + 1)
                parts.append(inside * int(number or "2"))
                number = ""
            elif text[at].isdigit():
                number += text[at]
            else:
                parts.append(text[at])
            at += 1
        return "".join(parts), at

    return read(0)[0]


def wrong_no_number_is_one(text):
    import re

    while "(" in text:
        text = re.sub(r"(\d*)\(([a-z]*)\)", lambda m: m[2] * int(m[1] or 1), text)
    return text


def wrong_one_digit(text):
    import re

    text = re.sub(r"\d+(\d)", r"\1", text)
    while "(" in text:
        text = re.sub(r"(\d?)\(([a-z]*)\)", lambda m: m[2] * int(m[1] or 2), text)
    return text


def wrong_zero_is_two(text):
    import re

    while "(" in text:
        text = re.sub(r"(\d*)\(([a-z]*)\)", lambda m: m[2] * (int(m[1] or 2) or 2), text)
    return text


def wrong_outermost_only(text):
    import re

    return re.sub(r"[()\d]", "", re.sub(r"(\d*)\(([a-z]*)\)", lambda m: m[2] * int(m[1] or 2), text))
