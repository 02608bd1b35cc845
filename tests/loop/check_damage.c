/* Damaged bytes in the files of the data directory, as a start finds them. */
#include "collector/data_files.h"
#include "collector/store/csv.h"
#include "collector/store/damage.h"
#include "collector/store/gap_file.h"
#include "collector/store/metrics_file.h"
#include "common/disk_posix.h"
#include "common/random.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WALL_MS  INT64_C(1700000000000)
#define NODES    40U
#define SEQS     100U /* of each node, in both files together */
#define LIVE     "metrics.csv"
#define OLDER    "metrics-00000001.csv"
#define TEXT_MAX (1U << 20)

static struct temp_dir dir;
static struct disk disk;
static struct data_files files;
static struct registry registry;
static struct recovery_report report;

static void begin(void)
{
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
}

static void end(void)
{
    temp_dir_remove(&dir);
}

/* ---- what is stored ---- */

static size_t format_row(unsigned node, uint64_t seq, char *line)
{
    struct sample sample = {.seq = seq, .time_ms = WALL_MS + (int64_t)seq * 1000, .uptime_ms = 1000000 + seq * 1000};
    char name[16];

    snprintf(name, sizeof name, "node-%u", node);
    sample_set_gauge(&sample, METRIC_CPU, (double)((node + seq) % 100));
    sample_set_counter(&sample, METRIC_DISK_READ, 100000 + 1000 * seq);
    return csv_put_row(name, "web", 0x1234567890abcd00U + node, &sample, line);
}

static void store(uint64_t first_seq, uint64_t last_seq)
{
    char line[CSV_LINE_MAX];

    ck_assert_int_eq(segments_begin_write(&files.metrics, false, first_seq > 1, WALL_MS), 0);
    for (uint64_t seq = first_seq; seq <= last_seq; seq++)
        for (unsigned node = 0; node < NODES; node++)
            ck_assert_int_eq(segments_append(&files.metrics, line, format_row(node, seq, line)), 0);
    ck_assert_int_eq(segments_end_write(&files.metrics, 0, true), 0);
}

static void start(void)
{
    const struct segments_limits limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX};
    const struct recovery_options options = {
        .now_ms = 5000000, .wall_ms = WALL_MS + (int64_t)SEQS * 1000, .gone_ms = 600000};
    uint64_t cut[DATA_FILES_COUNT];
    enum data_files_name failed;

    ck_assert_int_eq(registry_init(&registry, 3600000), 0);
    ck_assert_int_eq(data_files_open(&files, &disk, &limits, cut, &failed), 0);
    ck_assert_uint_eq(cut[DATA_FILES_METRICS], 0);
    ck_assert_int_eq(data_files_recover(&files, &registry, &options, &report), 0);
}

static void stop(void)
{
    ck_assert_int_eq(data_files_close(&files), 0);
    registry_deinit(&registry);
}

/* A collector that has stored all samples, in two files, and was killed. */
static void store_all(void)
{
    start();
    store(1, SEQS / 4);
    store(SEQS / 4 + 1, SEQS);
    stop();
}

/* ---- what is damaged ---- */

static size_t read_file(const char *name, char *text)
{
    size_t len = 0;
    const char *found = temp_dir_read(&dir, name, &len);

    ck_assert_ptr_nonnull(found);
    ck_assert_uint_le(len, TEXT_MAX);
    memcpy(text, found, len);
    return len;
}

static void flip(const char *name, uint64_t *random)
{
    static char text[TEXT_MAX];
    size_t len = read_file(name, text);

    text[random_below(random, (uint32_t)len)] ^= (char)(1 + random_below(random, 255));
    temp_dir_write(&dir, name, text, len);
}

struct found {
    bool stored[NODES][SEQS + 1];
    bool named[NODES][SEQS + 1];
    unsigned unnamed; /* rows of gaps.csv that name no sample */
};

static void find_rows(const char *name, struct found *found)
{
    size_t len = 0;
    const char *at = temp_dir_read(&dir, name, &len);
    struct csv_row row;
    char line[CSV_LINE_MAX];
    unsigned node;

    if (at == NULL)
        return; /* there is only the live file */
    const char *text_end = at + len;
    for (const char *newline; (newline = memchr(at, '\n', (size_t)(text_end - at))) != NULL; at = newline + 1) {
        size_t line_len = (size_t)(newline - at);
        if (csv_parse_row(at, line_len, &row) < 0 || sscanf(row.node_id, "node-%u", &node) != 1 || node >= NODES ||
            row.sample.seq > SEQS)
            continue;
        if (format_row(node, row.sample.seq, line) == line_len + 1 && memcmp(line, at, line_len) == 0)
            found->stored[node][row.sample.seq] = true;
    }
}

static void find_gaps(struct found *found)
{
    size_t len = 0;
    const char *at = temp_dir_read(&dir, "gaps.csv", &len);
    const char *text_end = at + len;
    struct gap gap;
    unsigned node;

    for (const char *newline; (newline = memchr(at, '\n', (size_t)(text_end - at))) != NULL; at = newline + 1) {
        if (gap_parse_row(at, (size_t)(newline - at), &gap) < 0)
            continue;
        ck_assert_int_eq(gap.range.reason, GAP_DAMAGED);
        found->unnamed += gap.node_id[0] == '\0';
        if (sscanf(gap.node_id, "node-%u", &node) != 1)
            continue;
        for (uint64_t seq = gap.range.first_seq; seq <= gap.range.last_seq; seq++)
            found->named[node][seq] = true;
    }
}

static const struct found *find(void)
{
    static struct found found;

    memset(&found, 0, sizeof found);
    find_rows(OLDER, &found);
    find_rows(LIVE, &found);
    find_gaps(&found);
    return &found;
}

static unsigned count_lost(const struct found *found, unsigned *named)
{
    unsigned lost = 0;

    *named = 0;
    for (unsigned node = 0; node < NODES; node++)
        for (uint64_t seq = 1; seq <= SEQS; seq++) {
            lost += !found->stored[node][seq];
            *named += !found->stored[node][seq] && found->named[node][seq];
            ck_assert_msg(!found->stored[node][seq] || !found->named[node][seq],
                          "seq %u of node %u is stored, and gaps.csv names it", (unsigned)seq, node);
        }
    return lost;
}

/* ---- tests ---- */

#define FLIPS 50U

START_TEST(rows_lost_are_rows_damaged)
{
    static const char *const names[] = {LIVE, OLDER, LIVE, "gaps.csv", LIVE, "decisions.csv", "metrics.synced"};
    uint64_t random = (uint64_t)_i;
    unsigned named = 0;

    store_all();
    const struct found *found = find();
    ck_assert_uint_eq(count_lost(found, &named), 0);
    for (unsigned i = 0; i < FLIPS; i++)
        flip(names[random_below(&random, sizeof names / sizeof names[0])], &random);
    unsigned damaged = count_lost(find(), &named);
    start();
    found = find();
    unsigned lost = count_lost(found, &named);
    ck_assert_uint_eq(lost, damaged);
    ck_assert_uint_ge(damaged, FLIPS / 3);
    /* Most are known; of others it is known that they were. A flipped digit is a sample that differs. */
    ck_assert_uint_ge(named, lost / 4);
    ck_assert_uint_eq(temp_dir_count(&dir, "metrics.damaged-"), 1);
    ck_assert_uint_eq(temp_dir_count(&dir, "metrics.cut-"), 0);
    stop();
    start(); /* all is known by now */
    ck_assert_uint_eq(files.damage[DATA_FILES_METRICS].lines, 0);
    ck_assert_uint_eq(files.damaged_samples, 0);
    unsigned unnamed = found->unnamed;
    ck_assert_uint_eq(find()->unnamed, unnamed);
    stop();
}
END_TEST

/* The disk returns zeros for a block: its rows are lost, and each is named by the seqs around it. */
START_TEST(lost_block_costs_its_rows_which_are_named)
{
    static const char zeros[4096];
    unsigned named = 0;

    store_all();
    int fd = openat(dir.fd, LIVE, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, zeros, sizeof zeros, 65536), sizeof zeros);
    close(fd);
    unsigned damaged = count_lost(find(), &named);
    start();
    ck_assert_uint_eq(count_lost(find(), &named), damaged);
    ck_assert_uint_eq(named, damaged);
    ck_assert_uint_eq(files.damaged_samples, damaged);
    ck_assert_uint_eq(find()->unnamed, 0);
    stop();
}
END_TEST

static void damage_row(unsigned node, uint64_t seq, const char *text)
{
    static char content[TEXT_MAX];
    char line[CSV_LINE_MAX];
    size_t len = read_file(LIVE, content);
    size_t line_len = format_row(node, seq, line);

    char *at = memmem(content, len, line, line_len);
    ck_assert_ptr_nonnull(at);
    memcpy(at + line_len - 1 - strlen(text), text, strlen(text));
    temp_dir_write(&dir, LIVE, content, len);
}

static const struct instance *instance_of(unsigned node)
{
    char name[16];

    snprintf(name, sizeof name, "node-%u", node);
    const struct node *found = registry_find_node(&registry, name);
    ck_assert_ptr_nonnull(found);
    return registry_find_instance(found, 0x1234567890abcd00U + node);
}

/* Its seq was acknowledged: it is not asked for again. */
START_TEST(damaged_last_row_of_an_instance_is_named_and_passed)
{
    store_all();
    damage_row(3, SEQS, "x");
    start();
    ck_assert_uint_eq(instance_of(3)->stored_seq, SEQS - 1);
    ck_assert_uint_eq(instance_of(3)->missing_seq, SEQS);
    ck_assert(find()->named[3][SEQS]);
    ck_assert_uint_eq(instance_of(4)->stored_seq, SEQS);
    ck_assert_uint_eq(files.damaged_samples, 1);
    stop();
    start();
    ck_assert_uint_eq(instance_of(3)->missing_seq, SEQS);
    stop();
}
END_TEST

/* Also if nothing else is known of the instance. */
START_TEST(damaged_only_row_of_an_instance_is_named_and_passed)
{
    start();
    store(1, 1);
    stop();
    damage_row(3, 1, "x");
    start();
    ck_assert_ptr_nonnull(instance_of(3));
    ck_assert_uint_eq(instance_of(3)->missing_seq, 1);
    ck_assert(find()->named[3][1]);
    stop();
}
END_TEST

/* The very last byte of the file: the next row must not continue the damaged one. */
START_TEST(damaged_end_of_the_last_line_costs_that_line)
{
    static char content[TEXT_MAX];
    unsigned named = 0;

    store_all();
    size_t len = read_file(LIVE, content);
    content[len - 1] = 'x';
    temp_dir_write(&dir, LIVE, content, len);
    start();
    ck_assert_uint_eq(count_lost(find(), &named), 1);
    ck_assert_uint_eq(named, 1);
    stop();
}
END_TEST

START_TEST(row_that_does_not_say_which_sample_it_was_is_counted)
{
    static char content[TEXT_MAX];
    char line[CSV_LINE_MAX];

    store_all();
    size_t len = read_file(LIVE, content);
    char *at = memmem(content, len, line, format_row(7, SEQS, line));
    memset(at, '!', 20);
    temp_dir_write(&dir, LIVE, content, len);
    start();
    ck_assert_uint_eq(find()->unnamed, 1);
    ck_assert_uint_eq(files.damaged_samples, 1);
    ck_assert_uint_eq(instance_of(7)->missing_seq, 0); /* its agent may still have it */
    stop();
}
END_TEST

/* Two damaged bytes in a line can make it a row of a seq far ahead: what agents send must not be taken for known. */
START_TEST(seq_that_the_damage_does_not_explain_is_not_believed)
{
    static struct damage damage;
    static const char line[] = "n1,!,,,,1.000,web,i0000000000000007,5000,1.000,";
    struct gap known = {.node_id = "n1", .group = "web", .instance = 7, .range = {2, 2, GAP_ELSEWHERE}};

    ck_assert_int_eq(registry_init(&registry, 1000), 0);
    struct node *node = registry_ensure_node(&registry, "n1", 1000, 0);
    node->group = registry_ensure_group(&registry, "web");
    struct instance *instance = registry_ensure_instance(node, 7);
    instance->stored_seq = 1;
    damage_note_line(&damage, &registry, line, strlen(line));
    ck_assert_uint_eq(damage.count, 0);
    damage_note_row(&damage, instance, 1, 5000);
    ck_assert_uint_eq(damage.count, 0);
    damage_note_row(&damage, instance, 1, 4);
    ck_assert_uint_eq(damage_sort(&damage), 0);
    damage_explain(&damage, &known);
    ck_assert_uint_eq(damage.count, 1);
    ck_assert_uint_eq(damage.gaps[0].range.first_seq, 3);
    ck_assert_uint_eq(damage.gaps[0].range.last_seq, 3);
    damage_free(&damage);
    registry_deinit(&registry);
}
END_TEST

/* Each way in which a range that is explained lies in one that is lost. */
START_TEST(explained_samples_are_taken_off)
{
    static const struct {
        uint64_t first, last, rest[4];
    } rows[] = {
        {10, 19, {0}},    {1, 100, {0}},      {10, 12, {13, 19}}, {15, 30, {10, 14}}, {13, 14, {10, 12, 15, 19}},
        {1, 9, {10, 19}}, {20, 30, {10, 19}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct damage damage = {0};
        struct gap known = {.node_id = "n1", .group = "web", .instance = 7};
        ck_assert_int_eq(registry_init(&registry, 1000), 0);
        struct node *node = registry_ensure_node(&registry, "n1", 1000, 0);
        node->group = registry_ensure_group(&registry, "web");
        for (unsigned line = 0; line < 10; line++)
            damage_note_line(&damage, &registry, "!", 1);
        damage_note_row(&damage, registry_ensure_instance(node, 6), 9, 20);
        damage_note_row(&damage, registry_ensure_instance(node, 7), 9, 20);
        damage_note_row(&damage, registry_ensure_instance(node, 8), 9, 20);
        ck_assert_uint_eq(damage_sort(&damage), 0);
        known.range = (struct gap_range){rows[i].first, rows[i].last, GAP_ELSEWHERE};
        damage_explain(&damage, &known);
        unsigned rest = 0;
        for (size_t g = 0; g < damage.count; g++) {
            if (damage.gaps[g].instance != 7)
                continue;
            ck_assert_uint_eq(damage.gaps[g].range.first_seq, rows[i].rest[rest++]);
            ck_assert_uint_eq(damage.gaps[g].range.last_seq, rows[i].rest[rest++]);
        }
        ck_assert(rest == 4 || rows[i].rest[rest] == 0);
        ck_assert_uint_eq(damage.count, 2 + rest / 2);
        damage_free(&damage);
        registry_deinit(&registry);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("damage");
    TCase *files_tests = tcase_create("files");
    TCase *ranges = tcase_create("ranges");

    tcase_add_checked_fixture(files_tests, begin, end);
    tcase_set_timeout(files_tests, 30);
    tcase_add_loop_test(files_tests, rows_lost_are_rows_damaged, 1, 9);
    tcase_add_test(files_tests, lost_block_costs_its_rows_which_are_named);
    tcase_add_test(files_tests, damaged_last_row_of_an_instance_is_named_and_passed);
    tcase_add_test(files_tests, damaged_only_row_of_an_instance_is_named_and_passed);
    tcase_add_test(files_tests, damaged_end_of_the_last_line_costs_that_line);
    tcase_add_test(files_tests, row_that_does_not_say_which_sample_it_was_is_counted);
    tcase_add_test(ranges, seq_that_the_damage_does_not_explain_is_not_believed);
    tcase_add_test(ranges, explained_samples_are_taken_off);
    suite_add_tcase(suite, files_tests);
    suite_add_tcase(suite, ranges);
    return suite_run(suite);
}
