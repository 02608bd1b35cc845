/* A module of its own, because term.h defines words such as "columns" and "bell". */
#include "cli/top_terminfo.h"

#include <curses.h>
#include <term.h>

#include <unistd.h>

bool top_terminfo_is_usable(void)
{
    int status = 0;

    if (setupterm(NULL, STDOUT_FILENO, &status) == ERR)
        return false;
    bool usable = cursor_address != NULL;
    (void)del_curterm(cur_term);
    return usable;
}
