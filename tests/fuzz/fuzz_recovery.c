/* A start of the collector on a folder that holds anything (fuzz_folder.h):
 *
 *   - it succeeds, and no readable row is lost: each is still in a file, and of the series at least those are that no
 *     power failure can have left behind a damaged one
 *   - the registry has all rows of the series, so that none is stored twice
 *   - a second start finds nothing to mend, leaves all files as they are, and has the same registry. */
#include "collector/data_files.h"
#include "collector/store/csv.h"
#include "collector/store/segments_each.h"
#include "common/hash.h"
#include "common/line_reader.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_folder.h"

#include <string.h>

#define NOW_MS     INT64_C(50000000)
#define HISTORY_MS INT64_C(600000)
#define GONE_MS    INT64_C(600000)
#define ROWS_MAX   4096U
#define RUNS_MAX   2048U

/* ---- rows ---- */

/* Hashes of the readable rows of files, ascending once they are sorted. */
struct rows {
    uint64_t hashes[ROWS_MAX];
    unsigned count;
};

static void add_rows(struct rows *rows, const struct fuzz_file *file)
{
    const char *at = file->data;
    const char *end = at + file->len;
    const char *line_end = NULL;
    struct csv_row row;

    for (; at < end && (line_end = memchr(at, '\n', (size_t)(end - at))) != NULL; at = line_end + 1) {
        size_t len = (size_t)(line_end - at);
        if (rows->count < ROWS_MAX && csv_parse_row(at, len, &row) == 0)
            rows->hashes[rows->count++] = hash_fnv1a(hash_fnv1a_begin(), at, len);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static void find_rows(struct fuzz_disk *disk, const char *prefix, struct rows *rows)
{
    rows->count = 0;
    for (unsigned i = 0; i < FUZZ_FILES_MAX; i++)
        if (strncmp(disk->files[i].name, prefix, strlen(prefix)) == 0 &&
            strcmp(disk->files[i].name, "metrics.csv.new") != 0)
            add_rows(rows, &disk->files[i]);
    qsort(rows->hashes, rows->count, sizeof rows->hashes[0], compare);
}

/* Whether each row, as often as it is there, is in the others, too. */
static bool are_in(const struct rows *rows, const struct rows *others)
{
    unsigned at = 0;

    for (unsigned i = 0; i < rows->count; i++, at++) {
        while (at < others->count && others->hashes[at] < rows->hashes[i])
            at++;
        if (at == others->count || others->hashes[at] != rows->hashes[i])
            return false;
    }
    return true;
}

/* ---- what a start has found ---- */

struct run {
    uint64_t node; /* hash of its name */
    uint64_t id;
    uint64_t stored_seq;
    uint64_t missing_seq;
};

struct found {
    struct run runs[RUNS_MAX];
    unsigned count;
    uint64_t rows;
};

static int compare_run(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct run));
}

static void note_found(struct found *found, const struct registry *registry, const struct recovery_report *report)
{
    found->count = 0;
    found->rows = report->rows;
    for (unsigned i = 0; i < registry->node_count; i++) {
        const struct node *node = registry->nodes[i];
        MUST(node->group != NULL);
        for (const struct instance *each = node->instances; each != NULL && found->count < RUNS_MAX; each = each->next)
            found->runs[found->count++] =
                (struct run){hash_fnv1a(hash_fnv1a_begin(), node->id, strlen(node->id)), each->id, each->stored_seq,
                             each->missing_seq > each->stored_seq ? each->missing_seq : 0};
    }
    qsort(found->runs, found->count, sizeof found->runs[0], compare_run);
}

static int on_file(const struct segments_file *file, void *arg)
{
    static struct line_reader lines;
    const struct registry *registry = arg;
    const char *line = NULL;
    size_t len = 0;
    bool whole = false;
    struct csv_row row;

    line_reader_init(&lines, file->disk, file->file);
    line_reader_limit(&lines, file->end);
    while (line_reader_next(&lines, &line, &len, &whole)) {
        if (!whole || csv_parse_row(line, len, &row) < 0)
            continue;
        const struct node *node = registry_find_node(registry, row.node_id);
        MUST(node != NULL);
        const struct instance *instance = registry_find_instance(node, row.instance);
        MUST(instance != NULL ? instance->stored_seq >= row.sample.seq : !registry_has_place(node));
    }
    return 0;
}

/* ---- a start ---- */

static void start(struct fuzz_disk *disk, bool again, struct found *found)
{
    static const struct segments_limits limits = {.rotate_bytes = UINT64_C(1) << 20, .rotate_ms = INT64_MAX / 4};
    const struct recovery_options options = {.now_ms = NOW_MS, .wall_ms = FUZZ_DISK_WALL_MS, .gone_ms = GONE_MS};
    struct recovery_report report;
    struct data_files files;
    struct registry registry;
    enum data_files_name failed = 0;
    uint64_t cut[DATA_FILES_COUNT];

    MUST(registry_init(&registry, HISTORY_MS) == 0);
    MUST(data_files_open(&files, &disk->disk, &limits, cut, &failed) == 0);
    MUST(data_files_recover(&files, &registry, &options, &report) == 0);
    for (unsigned i = 0; i < DATA_FILES_COUNT; i++) {
        MUST(files.damage[i].rc == 0);
        MUST(!again || (cut[i] == 0 && files.damage[i].lines == 0));
    }
    MUST(!again || files.damaged_samples == 0);
    if (report.index != RECOVERY_INDEX_USED)
        MUST(segments_each(&files.metrics, on_file, &registry) == 0);
    note_found(found, &registry, &report);
    MUST(data_files_close(&files) == 0);
    registry_deinit(&registry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_disk disk;
    static struct rows before, finished, after;
    static struct found first, second;

    fuzz_disk_init(&disk);
    fuzz_folder_make(&disk, (const char *)data, size);
    find_rows(&disk, "metrics", &before);
    find_rows(&disk, "metrics-", &finished);
    start(&disk, false, &first);
    find_rows(&disk, "metrics", &after);
    MUST(are_in(&before, &after));
    find_rows(&disk, "metrics-", &after);
    MUST(are_in(&finished, &after));
    uint64_t hash = fuzz_disk_hash(&disk);
    start(&disk, true, &second);
    MUST(fuzz_disk_hash(&disk) == hash);
    MUST(first.count == second.count && memcmp(first.runs, second.runs, first.count * sizeof first.runs[0]) == 0);
    fuzz_disk_deinit(&disk);
    return 0;
}
