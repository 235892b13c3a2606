"""Asks in four ways which pages of a file that all runs share are in memory."""

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
import mmap
X86 = os.uname().machine == "x86_64"
MINCORE, CACHESTAT, PREADV2 = (27, 451, 327) if X86 else (232, 451, 286)

def solve(numbers):
    found = []
    with open(os.__file__, "rb") as file:
        fd = file.fileno()
        try:
            if os.preadv(fd, [bytearray(16)], 0, os.RWF_NOWAIT) >= 0:
                found.append("RWF_NOWAIT")
        except OSError:
            pass
        with mmap.mmap(fd, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as view:
            address = ctypes.addressof(ctypes.c_char.from_buffer(view))
            if libc.syscall(MINCORE, ctypes.c_void_p(address), ctypes.c_size_t(4096), ctypes.create_string_buffer(8)) == 0:
                found.append("mincore")
            for advice in (20, 21):
                if libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(4096), advice) == 0:
                    found.append("paging out")
        asked = (ctypes.c_uint64 * 2)(0, 4096)
        if libc.syscall(CACHESTAT, fd, ctypes.byref(asked), ctypes.create_string_buffer(40), 0) == 0:
            found.append("cachestat")
    return ", ".join(found) or "held"
