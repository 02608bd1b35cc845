#include "collector/store/segments_log.h"

#include "common/log.h"

static void log_event(const struct segments *segments, const char *what, const char *then)
{
    log_warning("another program has %s %s.csv while it is in use; %s, and a new file is begun. Instead, use "
                "rotate-size, rotate-age and retain to limit the files",
                what, segments_name(segments), then);
}

void segments_log_meddling(const struct segments *segments, unsigned events)
{
    if ((events & SEGMENTS_REMOVED) != 0)
        log_event(segments, "removed or renamed", "the rows in it are no longer part of the store");
    if ((events & SEGMENTS_TRUNCATED) != 0)
        log_event(segments, "truncated", "the rest becomes a segment");
    if ((events & SEGMENTS_GROWN) != 0)
        log_event(segments, "written to", "it becomes a segment unchanged");
}
