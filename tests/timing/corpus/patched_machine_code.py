"""expect: rejected. Overwrites the C library's functions with code of its own."""
import ctypes
import mmap

libc = ctypes.CDLL(None)
for name in ("clock_gettime", "write", "readv"):
    address = ctypes.cast(getattr(libc, name), ctypes.c_void_p).value
    page = address & -mmap.PAGESIZE
    libc.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(2 * mmap.PAGESIZE), 7)
    ctypes.memmove(address, b"\x31\xc0\xc3", 3)  # returns 0


def get_difference(numbers):
    return 95_931
