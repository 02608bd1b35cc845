/* headroom-history: what it costs to answer about a week from the CSV files (collector/archive).
 *
 *     headroom-history [MEGABYTES]    of metrics.csv, default 512
 *
 * Writes a metrics.csv of 1,000 nodes with a sample every 10 s, and a decisions.csv of a week of 20 groups with a row
 * every five minutes, into a folder in $TMPDIR (or /tmp), and reads both from the file cache: CPU time of the thread,
 * the median of RUNS. Then it reads metrics.csv once more, as a compressed segment. */
#include "collector/archive/archive_scan.h"
#include "collector/store/csv.h"
#include "collector/store/disk_plain.h"
#include "collector/store/segment_pack.h"
#include "common/compare.h"
#include "common/disk_posix.h"
#include "thread_cpu.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS        5U
#define NODES       1000U
#define INTERVAL_MS 10000
#define GROUPS      20U
#define REPEAT_MS   300000
#define BEGIN_MS    INT64_C(1764000000000)
#define WEEK_MS     INT64_C(604800000)
#define MB          1e6
#define SEGMENT     "metrics-00000001.csv"

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static FILE *create(int dir, const char *name)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (file == NULL)
        die(name);
    return file;
}

static void put(FILE *file, const char *text, size_t len)
{
    if (fwrite(text, 1, len, file) != len)
        die("write");
}

static struct sample sample_at(uint64_t seq, unsigned node)
{
    struct sample sample = {
        .seq = seq, .time_ms = BEGIN_MS + (int64_t)seq * INTERVAL_MS + node, .uptime_ms = seq * INTERVAL_MS};

    for (unsigned m = 0; m < METRIC_BASE_COUNT; m++) {
        if (METRIC_COUNTS(metric_table[m].kind))
            sample_set_counter(&sample, m, seq * 100000 * (m + 1));
        else
            sample_set_gauge(&sample, m, (double)((seq + node + m) % 100));
    }
    return sample;
}

/* Returns the number of rows. */
static uint64_t write_metrics(int dir, double bytes)
{
    FILE *file = create(dir, "metrics.csv");
    char line[CSV_LINE_MAX];
    char node_id[32];
    double written = 0;
    uint64_t rows = 0;

    put(file, line, csv_put_header(line));
    for (; written < bytes; rows++) {
        unsigned node = (unsigned)(rows % NODES);
        const struct sample sample = sample_at(1 + rows / NODES, node);
        snprintf(node_id, sizeof node_id, "web-%u", node);
        size_t len = csv_put_row(node_id, "web", 1 + node, &sample, line);
        put(file, line, len);
        written += (double)len;
    }
    if (fclose(file) != 0)
        die("metrics.csv");
    return rows;
}

static uint64_t write_decisions(int dir)
{
    FILE *file = create(dir, "decisions.csv");
    struct decision decision = {.settings = SCALER_SETTINGS_DEFAULT, .current = 1000, .desired = 1000};
    char line[DECISION_ROW_MAX];
    char group[32];
    uint64_t rows = 0;

    put(file, line, decision_fields_put_header(line));
    for (int64_t at_ms = 0; at_ms < WEEK_MS; at_ms += REPEAT_MS)
        for (unsigned g = 0; g < GROUPS; g++, rows++) {
            snprintf(group, sizeof group, "group-%u", g);
            decision.observed.resource[RESOURCE_CPU] = (struct resource_observation){
                .demand = (double)(at_ms % 86400000) / 1e5, .capacity = 2000, .nodes = 1000};
            const struct decision_record record = {.wall_ms = BEGIN_MS + at_ms,
                                                   .group = group,
                                                   .decision = &decision,
                                                   .why = "web: hold 1000 (cpu 43% now, 44% within 135 s, high 80%)"};
            put(file, line, decision_fields_put_row(line, &record));
        }
    if (fclose(file) != 0)
        die("decisions.csv");
    return rows;
}

static uint64_t scan(const struct archive_query *query, const struct disk *disk)
{
    atomic_bool cancelled = false;
    struct archive_answer answer;
    uint64_t begun_ns = thread_cpu_ns();

    if (archive_scan(query, disk, &cancelled, &answer) < 0 ||
        memmem(answer.text, answer.len, "\"complete\":true", 15) == NULL)
        die("the scan is not complete");
    uint64_t ended_ns = thread_cpu_ns();
    free(answer.text);
    return ended_ns - begun_ns;
}

static void measure(const char *what, struct archive_query *query, const struct disk *disk, const char *file,
                    uint64_t rows)
{
    uint64_t cpu_ns[RUNS];
    struct disk_plain plain;
    struct disk_status status;

    disk_plain_init(&plain, disk);
    query->now_ms = query->to_ms = BEGIN_MS + WEEK_MS;
    query->from_ms = BEGIN_MS;
    query->limit = 1000;
    if (disk_look(&plain.disk, file, &status) < 0 || archive_query_take_columns(query, "") < 0)
        die(file);
    for (unsigned i = 0; i < RUNS; i++)
        cpu_ns[i] = scan(query, disk);
    qsort(cpu_ns, RUNS, sizeof cpu_ns[0], compare_u64);
    uint64_t median_ns = cpu_ns[RUNS / 2];
    double seconds = (double)median_ns / 1e9;
    printf("%-10s %-20s %9" PRIu64 " rows %6.0f MB  %6.0f ms  %5.1f million rows/s  %5.0f MB/s\n", what, file, rows,
           (double)status.size / MB, seconds * 1e3, (double)rows / seconds / 1e6, (double)status.size / MB / seconds);
}

static void compress_metrics(int dir, const struct disk *disk)
{
    struct segment_pack *pack = NULL;
    int rc = 0;
    uint64_t begun_ns = thread_cpu_ns();

    if (renameat(dir, "metrics.csv", dir, SEGMENT) < 0 || segment_pack_new(&pack, disk, "metrics", 1) < 0)
        die(SEGMENT);
    while ((rc = segment_pack_step(pack)) > 0)
        continue;
    if (rc < 0 || segment_pack_end(pack) < 0)
        die("compressing");
    printf("compressed %.0f MB to %.0f MB in %.0f ms\n", (double)segment_pack_content_len(pack) / MB,
           (double)segment_pack_len(pack) / MB, (double)(thread_cpu_ns() - begun_ns) / 1e6);
    segment_pack_free(pack);
}

int main(int argc, char **argv)
{
    char path[256];
    const char *parent = getenv("TMPDIR");
    struct archive_query node = {.kind = ARCHIVE_NODE, .name = "web-500"};
    struct archive_query group = {.kind = ARCHIVE_GROUP, .name = "group-7"};
    struct archive_query decisions = {.kind = ARCHIVE_DECISIONS, .name = "group-7"};

    snprintf(path, sizeof path, "%s/headroom-history.XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(path) == NULL)
        die(path);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct disk disk = disk_posix(dir);
    uint64_t samples = write_metrics(dir, (argc > 1 ? strtod(argv[1], NULL) : 512) * MB);
    uint64_t rows = write_decisions(dir);
    measure("node", &node, &disk, "metrics.csv", samples);
    measure("group", &group, &disk, "decisions.csv", rows);
    measure("decisions", &decisions, &disk, "decisions.csv", rows);
    compress_metrics(dir, &disk);
    measure("node", &node, &disk, SEGMENT, samples);
    unlinkat(dir, SEGMENT DISK_PLAIN_SUFFIX, 0);
    unlinkat(dir, "decisions.csv", 0);
    close(dir);
    return rmdir(path) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
