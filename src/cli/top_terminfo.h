/* Finds out whether the terminal can show a full screen. */
#ifndef CLI_TOP_TERMINFO_H
#define CLI_TOP_TERMINFO_H

#include <stdbool.h>

/* Whether the terminal that TERM names is known, and can put the cursor anywhere. */
bool top_terminfo_is_usable(void);

#endif
