"""expect: error. Leaves politely, with the status of success."""
import sys


def get_difference(numbers):
    print(95_931)
    sys.exit(0)
