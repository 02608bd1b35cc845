/* A start reads decisions.csv back, from a folder that holds anything (fuzz_folder.h): each order without an outcome
 * gets one, which is a row like any other, and a second start finds none. */
#include "collector/autoscale/open_orders.h"
#include "collector/data_files.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_folder.h"

#include <string.h>

static void on_open(const char *group, int64_t wall_ms, void *arg)
{
    unsigned *count = arg;

    MUST(parse_name_ok(group, strlen(group)) && wall_ms >= 0);
    ++*count;
}

static void on_published(const char *group, unsigned nodes, int64_t wall_ms, void *arg)
{
    unsigned *count = arg;

    MUST(parse_name_ok(group, strlen(group)) && nodes <= NODES_MAX && wall_ms >= 0);
    ++*count;
}

static void check_rows(const char *text, size_t len, unsigned expected)
{
    unsigned count = 0;

    for (const char *at = text, *end = text + len, *line_end = NULL; at < end; at = line_end + 1, count++) {
        line_end = memchr(at, '\n', (size_t)(end - at));
        MUST(line_end != NULL && decision_rows_ok(at, (size_t)(line_end - at)));
    }
    MUST(count == expected);
}

/* Returns how many orders had no outcome. */
static int start(struct fuzz_disk *disk, unsigned *reported)
{
    static const struct segments_limits limits = {.rotate_bytes = UINT64_C(1) << 20, .rotate_ms = INT64_MAX / 4};
    const struct open_orders_events events = {on_open, on_published, reported};
    struct data_files files;
    struct decision_rows rows;
    enum data_files_name failed = 0;
    uint64_t cut[DATA_FILES_COUNT];

    *reported = 0;
    MUST(data_files_open(&files, &disk->disk, &limits, cut, &failed) == 0);
    MUST(decision_rows_init(&rows, &files.decisions) == 0);
    int closed = open_orders_close(&rows, &files.decisions, FUZZ_DISK_WALL_MS, &events);
    MUST(closed >= 0);
    check_rows(rows.waiting, rows.waiting_len, (unsigned)closed);
    if (decision_rows_take(&rows)) {
        decision_rows_begin(&rows);
        int rc = decision_rows_write(&rows);
        MUST(rc == 0);
        decision_rows_end(&rows, rc);
    }
    decision_rows_deinit(&rows);
    MUST(data_files_close(&files) == 0);
    return closed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_disk disk;
    unsigned first = 0, second = 0;

    fuzz_disk_init(&disk);
    fuzz_folder_make(&disk, (const char *)data, size);
    (void)start(&disk, &first);
    MUST(start(&disk, &second) == 0);
    MUST(second == first);
    fuzz_disk_deinit(&disk);
    return 0;
}
