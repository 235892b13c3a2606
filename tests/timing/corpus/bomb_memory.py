"""expect: memory. Asks for more memory than there is, in steps that cost no time: none of it is touched."""
def get_difference(numbers):
    kept = []
    while True:
        kept.append(bytearray(256 << 20))
