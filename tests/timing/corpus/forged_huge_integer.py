"""expect: wrong_answer. An integer that takes longer to print than to make."""
def get_difference(numbers):
    return 2**100_000
