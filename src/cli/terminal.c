#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80U

static bool has_colours(void)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org: present and not empty */
    const char *term = getenv("TERM");

    return (no_color == NULL || no_color[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

void terminal_view(struct view *view)
{
    struct winsize size = {0};
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    *view = (struct view){
        .out = stdout, .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, .to_local = localtime_r};
    tzset();
    if (isatty(STDOUT_FILENO) == 0)
        return;
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    view->width = size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
    view->height = size.ws_row;
    view->has_colours = has_colours();
}
