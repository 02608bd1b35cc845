/* What headroom-bridge history reads: an engine's answer, and the collector's line. */
#include "bridge/history/history_answer.h"
#include "collector/archive/archive_line.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void on_value(int64_t time_ms, double value, void *arg)
{
    unsigned *count = arg;

    MUST(time_ms >= 0 && isfinite(value));
    ++*count;
}

static void read_line(const char *text, size_t len)
{
    char line[ARCHIVE_LINE_MAX];
    char again[ARCHIVE_LINE_MAX];
    struct archive_query query;

    if (len >= sizeof line)
        return;
    memcpy(line, text, len);
    line[len] = '\0';
    if (archive_line_parse(line, &query) < 0)
        return;
    size_t again_len = archive_line_put(&query, again);
    MUST(again_len > 0 && again[again_len - 1] == '\n');
    again[again_len - 1] = '\0';
    MUST(archive_line_parse(again, &query) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256] = "";
    unsigned count = 0;

    int rc = history_answer_read((const char *)data, size, on_value, &count, error, sizeof error);
    MUST(rc == 0 || (rc < 0 && error[0] != '\0'));
    read_line((const char *)data, size);
    return 0;
}
