"""expect: error. Crashes the interpreter."""
import ctypes


def get_difference(numbers):
    ctypes.string_at(0)
