/* Answers about the past when memory is out, at each of their allocations in turn: there is no answer, and nothing is
 * left of it. */
#include "collector/archive/archive_scan.h"

#include "collector/store/csv.h"
#include "common/disk_posix.h"
#include "support/heap.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <string.h>

#define FROM_MS INT64_C(1700000000000)

static struct temp_dir dir;
static struct archive_query query;

static void begin(void)
{
    static const char rows[] = "timestamp,group,action,cpu_demand,order,why\n"
                               "1700000001.000,web,hold,2.5000,,\"web: holds 4\"\n"
                               "1700000002.000,web,up,7.5000,intent,\"web: up\"\n";
    char line[CSV_LINE_MAX];

    temp_dir_create(&dir);
    temp_dir_write(&dir, "decisions-00000001.csv", rows, sizeof rows - 1);
    temp_dir_write(&dir, "metrics.csv", line, csv_put_header(line));
}

static void end(void)
{
    temp_dir_remove(&dir);
}

static void try_scan(unsigned nth)
{
    const struct disk disk = disk_posix(dir.fd);
    atomic_bool cancelled = false;
    struct archive_answer answer = {0};

    heap_fail(nth);
    int rc = archive_scan(&query, &disk, &cancelled, &answer);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    ck_assert((answer.text != NULL) == (rc == 0));
    free(answer.text);
}

static void try_kind(enum archive_kind kind, const char *name, unsigned least)
{
    query = (struct archive_query){.kind = kind, .from_ms = FROM_MS, .to_ms = FROM_MS + 60000, .limit = 1};
    strcpy(query.name, name);
    ck_assert_int_eq(archive_query_take_columns(&query, ""), 0);
    ck_assert_uint_ge(heap_each(try_scan), least);
}

START_TEST(a_scan_without_memory_has_no_answer)
{
    try_kind(ARCHIVE_NODE, "web-1", 3);
    try_kind(ARCHIVE_GROUP, "web", 4);
    try_kind(ARCHIVE_DECISIONS, "web", 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_archive");
    TCase *tcase = tcase_create("heap_archive");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, a_scan_without_memory_has_no_answer);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
