#include "collector/store/recovery_text.h"

#include "common/limits.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_SIZE 256

void recovery_text(const struct recovery_report *report, unsigned node_count, recovery_text_cb *cb)
{
    static const char *const why_all[] = {
        [RECOVERY_INDEX_MISSING] = "there is no " INDEX_FILE_NAME,
        [RECOVERY_INDEX_DAMAGED] = INDEX_FILE_NAME " is damaged, or of another version",
        [RECOVERY_INDEX_UNFIT] = INDEX_FILE_NAME " and the segments do not fit each other: some were removed by hand",
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
        snprintf(line, sizeof line, "all files were read, which takes longer: %s", why_all[report->index]);
        cb(false, line);
    }
    if (report->bad_rows > 0) {
        snprintf(line, sizeof line, "%" PRIu64 " rows of older segments are damaged and were skipped",
                 report->bad_rows);
        cb(true, line);
    }
    if (report->unplaced > 0) {
        snprintf(line, sizeof line, "%" PRIu64 " rows are of more than %u nodes or %u groups and were skipped",
                 report->unplaced, NODES_MAX, GROUPS_MAX);
        cb(true, line);
    }
}
