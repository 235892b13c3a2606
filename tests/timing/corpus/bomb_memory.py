"""expect: memory. Takes all memory that there is."""
def get_difference(numbers):
    kept = []
    while True:
        kept.append(bytearray(b"x") * (64 << 20))
