#include "collector/store/segments_text.h"

#include "collector/store/segment_list.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#define LINE_MAX_LEN 400U
#define HOUR_MS      3600000.0
#define DAY_MS       (24.0 * HOUR_MS)

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

static void format_age(int64_t age_ms, char *text, size_t size)
{
    if ((double)age_ms < 2.0 * DAY_MS)
        snprintf(text, size, "%.1f h", (double)age_ms / HOUR_MS);
    else
        snprintf(text, size, "%.1f d", (double)age_ms / DAY_MS);
}

void segments_text_deleted(struct segments *segments, segments_text_cb *cb)
{
    struct retention_deleted deleted[RETENTION_NAMED_MAX];
    unsigned count = retention_take(segments_retention(segments), deleted);
    char line[LINE_MAX_LEN], name[NAME_MAX], age[32];

    for (unsigned i = 0; i < count && i < RETENTION_NAMED_MAX; i++) {
        segment_list_name(segments_name(segments), deleted[i].number, name);
        format_age(deleted[i].age_ms, age, sizeof age);
        snprintf(line, sizeof line, "deleted %s, %s: %" PRIu64 " bytes, last written %s ago", name,
                 deleted[i].for_size ? "the oldest of files that are together larger than retain-size"
                                     : "which was older than retain",
                 deleted[i].bytes, age);
        cb(false, line);
    }
    if (count > RETENTION_NAMED_MAX) {
        snprintf(line, sizeof line, "deleted %u more files of %s.csv that were older than retain, or above retain-size",
                 count - RETENTION_NAMED_MAX, segments_name(segments));
        cb(false, line);
    }
    unsigned kept = retention_take_kept(segments_retention(segments));
    if (kept > 0) {
        snprintf(
            line, sizeof line,
            "kept %u files of %s.csv that are older than retain by the wall clock only: it has stepped ahead, or the "
            "collector was down for long",
            kept, segments_name(segments));
        cb(true, line);
    }
    if (retention_take_filling(segments_retention(segments))) {
        snprintf(
            line, sizeof line,
            "the files of %s.csv take more than 80 %% of retain-size before the oldest of them is as old as retain: "
            "the oldest will be deleted for their size",
            segments_name(segments));
        cb(true, line);
    }
}
