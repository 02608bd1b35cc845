# The warnings that all of our own code is held to; generated code is not.
set(HEADROOM_WARNINGS
    -Wall -Wextra -Wconversion -Wshadow -Werror
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Wvla)
