#include "cli/terminal.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80U

/* no-color.org: present and not empty */
bool terminal_may_have_colours(void)
{
    const char *no_color = getenv("NO_COLOR");

    return no_color == NULL || no_color[0] == '\0';
}

static bool has_colours(void)
{
    const char *term = getenv("TERM");

    return terminal_may_have_colours() && term != NULL && strcmp(term, "dumb") != 0;
}

void terminal_view(struct view *view)
{
    struct winsize size = {0};

    *view = (struct view){.out = stdout, .now_ms = clock_wall_ms(), .to_local = localtime_r};
    tzset();
    if (isatty(STDOUT_FILENO) == 0)
        return;
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    view->width = size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
    view->height = size.ws_row;
    view->has_colours = has_colours();
}
