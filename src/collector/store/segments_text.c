#include "collector/store/segments_text.h"

#include <stdio.h>

#define LINE_MAX_LEN 320U

static void put_event(const struct segments *segments, const char *what, const char *then, segments_text_cb *cb)
{
    char line[LINE_MAX_LEN];

    snprintf(line, sizeof line,
             "another program has %s %s.csv while it is in use; %s, and a new file is begun. Instead, use rotate-size, "
             "rotate-age and retain to limit the files",
             what, segments_name(segments), then);
    cb(true, line);
}

void segments_text_meddling(const struct segments *segments, unsigned events, segments_text_cb *cb)
{
    if ((events & SEGMENTS_REMOVED) != 0)
        put_event(segments, "removed or renamed", "the rows in it are no longer part of the store", cb);
    if ((events & SEGMENTS_TRUNCATED) != 0)
        put_event(segments, "truncated", "the rest becomes a segment", cb);
    if ((events & SEGMENTS_GROWN) != 0)
        put_event(segments, "written to", "it becomes a segment unchanged", cb);
}
