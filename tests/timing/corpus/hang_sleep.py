"""expect: timeout. Waits for the clock to give up."""
import time


def get_difference(numbers):
    time.sleep(3600)
