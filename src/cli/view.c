#include "cli/view.h"

#include "common/format.h"

#include <string.h>

#define ROOM_MIN 20U /* columns of a wrapped text, however narrow the terminal is */

void view_time(const struct view *view, int64_t unix_ms, char text[VIEW_TIME_LEN])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm local;

    (void)view->to_local(&seconds, &local); /* no time in ms is too far away */
    (void)strftime(text, VIEW_TIME_LEN, "%Y-%m-%d %H:%M:%S %Z", &local);
}

void view_age(int64_t ms, char text[VIEW_AGE_LEN])
{
    static const int64_t units[] = {86400000, 3600000, 60000, 1000};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms >= units[i]) {
            format_duration(ms / units[i] * units[i], text, VIEW_AGE_LEN);
            return;
        }
    format_duration(0, text, VIEW_AGE_LEN);
}

void view_colour(const struct view *view, enum view_colour colour)
{
    static const char *const codes[] = {
        [VIEW_PLAIN] = "0", [VIEW_BOLD] = "1", [VIEW_RED] = "1;31", [VIEW_YELLOW] = "33", [VIEW_GREEN] = "32"};

    if (view->has_colours)
        (void)fprintf(view->out, "\033[%sm", codes[colour]);
}

unsigned view_columns(const char *text)
{
    unsigned columns = 0;

    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* The bytes of the next line: as many words as fit, and at least one. */
static size_t next_line(const char *text, unsigned room)
{
    size_t fits = 0;
    unsigned columns = 0;

    for (size_t at = 0;; at++) {
        if (text[at] == '\0' || text[at] == ' ') {
            if (room > 0 && columns > room && fits > 0)
                return fits;
            fits = at;
        }
        if (text[at] == '\0')
            return fits;
        columns += ((unsigned char)text[at] & 0xc0) != 0x80;
    }
}

static unsigned wrap(const struct view *view, unsigned indent, const char *text, FILE *out)
{
    unsigned room = view->width == 0 ? 0 : view->width > indent + ROOM_MIN ? view->width - indent : ROOM_MIN;
    unsigned lines = 0;

    do {
        size_t len = next_line(text, room);
        if (out != NULL)
            (void)fprintf(out, "%*s%.*s\n", lines > 0 ? (int)indent : 0, "", (int)len, text);
        text += len;
        text += strspn(text, " ");
        lines++;
    } while (*text != '\0');
    return lines;
}

unsigned view_wrap(const struct view *view, unsigned indent, const char *text)
{
    return wrap(view, indent, text, view->out);
}

unsigned view_wrapped_lines(const struct view *view, unsigned indent, const char *text)
{
    return wrap(view, indent, text, NULL);
}
