# The warnings for all of our own code; generated code has none. The presets make them errors; a plain build does not,
# because another compiler, or another level of optimisation, warns of other things.
option(HEADROOM_WERROR "Make warnings errors" OFF)
set(HEADROOM_WARNINGS
    -Wall -Wextra -Wconversion -Wshadow
    -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef -Wvla)
if(HEADROOM_WERROR)
    list(APPEND HEADROOM_WARNINGS -Werror)
endif()
