"""A wall clock that a test sets, for one program."""

import struct


class Clock:
    """The offset of a program's wall clock (clock_step.c)."""

    def __init__(self, path):
        self.variables = {"HEADROOM_CLOCK_STEP": path}
        self.file = open(path, "wb", buffering=0)
        self.set(0)

    def set(self, seconds):
        self.file.seek(0)
        self.file.write(struct.pack("q", seconds * 1000))

    def close(self):
        self.file.close()
