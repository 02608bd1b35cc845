#include "collector/store/segments_log.h"

#include "common/log.h"

static void log_event(const struct segments *segments, const char *what, const char *then)
{
    log_warning("somebody has %s %s.csv while it is in use; %s, and a new file is begun. Leave it alone: its size and "
                "age are the matter of rotate-size, rotate-age and retain",
                what, segments_name(segments), then);
}

void segments_log_meddling(const struct segments *segments, unsigned events)
{
    if ((events & SEGMENTS_REMOVED) != 0)
        log_event(segments, "removed or renamed", "what it held is no longer known here");
    if ((events & SEGMENTS_TRUNCATED) != 0)
        log_event(segments, "truncated", "what is left is kept as a segment");
    if ((events & SEGMENTS_GROWN) != 0)
        log_event(segments, "written to", "all of it is kept as a segment");
}
