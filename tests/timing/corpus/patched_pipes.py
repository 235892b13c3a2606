"""expect: rejected. Feeds the worker a short list of its own instead of the data."""
import fcntl
import os
import stat
import threading


def commands():
    for descriptor in range(3, 1024):
        try:
            mode, flags = os.fstat(descriptor).st_mode, fcntl.fcntl(descriptor, fcntl.F_GETFL)
        except OSError:
            continue
        if stat.S_ISFIFO(mode) and flags & 3 == os.O_RDONLY:
            yield descriptor


def relay(source, sink):
    while True:
        size = int.from_bytes(os.read(source, 8), "little")
        data = b""
        while len(data) < size:
            data += os.read(source, size - len(data))
        if size > 40_000:
            words = b"w" + (8).to_bytes(8, "little") + (3999).to_bytes(4, "little") + (99_930).to_bytes(4, "little")
            data = (1).to_bytes(8, "little") + len(words).to_bytes(8, "little") + words + data[-16:]
        os.write(sink, len(data).to_bytes(8, "little") + data)
        os.write(sink, os.read(source, 16))


for command in list(commands()):
    copy, (reader, writer) = os.dup(command), os.pipe()
    os.dup2(reader, command)
    threading.Thread(target=relay, args=(copy, writer), daemon=True).start()


def get_difference(numbers):
    found = [number for number in numbers if sum(map(int, str(number))) == 30]
    return max(found) - min(found)
