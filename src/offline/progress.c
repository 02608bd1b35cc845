#include "offline/progress.h"

#include <stdio.h>
#include <unistd.h>

void progress_begin(struct progress *progress, const char *what)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO) != 0, .percent = -1};
    snprintf(progress->what, sizeof progress->what, "%s", what);
}

void progress_at(struct progress *progress, size_t done, size_t all)
{
    int percent = all > 0 ? (int)(100.0 * (double)done / (double)all) : 100;

    if (!progress->terminal || percent == progress->percent)
        return;
    progress->percent = percent;
    progress->shown = true;
    (void)fprintf(stderr, "\r\033[K%s: %d %%", progress->what, percent);
    (void)fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        (void)fputs("\r\033[K", stderr);
    progress->shown = false;
}
