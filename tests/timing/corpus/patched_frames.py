"""expect: rejected. Replaces what the frame that called it has in its variables."""
import ctypes
import sys


def get_difference(numbers):
    frame = sys._getframe(1)
    values = frame.f_locals
    values.update(value_kind=b"V", failed_kind=b"V", encode=lambda *_: b"95931", entry=lambda *_: 95_931)
    update = ctypes.pythonapi.PyFrame_LocalsToFast
    update(ctypes.py_object(frame), ctypes.c_int(0))
    return 95_931
