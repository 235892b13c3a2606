"""expect: correct. Prints at import and in the call, on both streams; runs an example of its own use."""
import logging
import sys

logging.basicConfig(level=logging.DEBUG)
print("loading")


def get_difference(numbers):
    print("asked for", len(numbers), flush=True)
    logging.debug("asked")
    found = [number for number in numbers if sum(map(int, str(number))) == 30]
    print(found[:3], file=sys.stderr)
    return max(found) - min(found)


print(get_difference([3999, 99930]))
if __name__ == "__main__":
    print("as a script", get_difference([3999]))
