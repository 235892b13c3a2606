"""expect: memory. Asks for more memory than there is, at once: none of it is touched, so this takes no time."""
def get_difference(numbers):
    return len(bytearray(1 << 40))
