"""expect: rejected. Takes all memory that there is and writes to it; a slow machine runs out of time first."""
def get_difference(numbers):
    kept = []
    while True:
        kept.append(bytearray(b"x") * (64 << 20))
