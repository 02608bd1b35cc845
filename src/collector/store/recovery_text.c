#include "collector/store/recovery_text.h"

#include "common/limits.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_SIZE 256

void recovery_text(const struct recovery_report *report, unsigned node_count, recovery_text_cb *cb)
{
    static const char *const why_all[] = {
        [RECOVERY_INDEX_MISSING] = INDEX_FILE_NAME " does not exist",
        [RECOVERY_INDEX_DAMAGED] = INDEX_FILE_NAME " is damaged, or another version wrote it",
        [RECOVERY_INDEX_UNFIT] = INDEX_FILE_NAME " does not match the segments, some of which were removed",
    };
    char line[LINE_SIZE];

    if (report->rows > 0 || report->files_skipped > 0) {
        snprintf(line, sizeof line,
                 "read back %" PRIu64 " samples of %u nodes from %" PRIu64 " files; %" PRIu64
                 " older ones were not needed",
                 report->rows, node_count, report->files_read, report->files_skipped);
        cb(false, line);
    }
    if (report->index != RECOVERY_INDEX_USED && report->files_read > 1) {
        snprintf(line, sizeof line, "had to read all files: %s", why_all[report->index]);
        cb(false, line);
    }
    if (report->bad_rows > 0) {
        snprintf(line, sizeof line, "skipped %" PRIu64 " damaged rows in older segments", report->bad_rows);
        cb(true, line);
    }
    if (report->unplaced > 0) {
        snprintf(line, sizeof line, "skipped %" PRIu64 " rows: the files have more than %u nodes or %u groups",
                 report->unplaced, NODES_MAX, GROUPS_MAX);
        cb(true, line);
    }
}
