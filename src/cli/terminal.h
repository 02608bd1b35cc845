/* Finds out what the standard output can show. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "cli/view.h"

#include <stdbool.h>

/* Whether the user has not ruled colours out by NO_COLOR. */
bool terminal_may_have_colours(void);

/* A view of the standard output, as of now, with local times. On a terminal it has that one's size, and colours unless
 * NO_COLOR is set or TERM is dumb; elsewhere no text is wrapped or left out. */
void terminal_view(struct view *view);

#endif
