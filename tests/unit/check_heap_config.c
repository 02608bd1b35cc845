/* The collector's configuration, and the scaler that is made from it, when memory is out. */
#include "collector/config/config_load.h"
#include "scaler/scaler.h"

#include "support/heap.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The secret of a fleet. */
#define KEY "hr1:fleet:39cbca3b789d5acd67238832fc6d079b24bde3081ae5272dd0b322217062abcd:99da521d"

static struct temp_dir directory;
static char error[512];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void make_files(void)
{
    temp_dir_create(&directory);
    ck_assert_int_eq(fchdir(directory.fd), 0);
    unsetenv("STATE_DIRECTORY");
    error[0] = '\0';
    write_file("token", KEY "\n");
    write_file("collector.conf", "[collector]\nmax = 9\ntoken-file = token\n[group web]\nmin = 2\n[group db]\nmin = 3\n"
                                 "[group api]\nmin = 4\n");
}

static void remove_files(void)
{
    temp_dir_remove(&directory);
}

static void try_collector(unsigned nth)
{
    char *arguments[] = {(char *)"headroom-collector", (char *)"--config=collector.conf", NULL};
    struct collector_config config = {.agents_max = 12345};

    error[0] = '\0';
    heap_fail(nth);
    int rc = collector_config_load(&config, 2, arguments, error, sizeof error);
    bool failed = heap_mend();
    ck_assert_msg(rc == (failed ? -ENOMEM : 0), "%d: %s", rc, error);
    ck_assert_uint_eq(config.agents_max, failed ? 12345 : 20000);
    ck_assert_uint_eq(config.group_count, failed ? 0 : 3);
    ck_assert_msg((error[0] != '\0') == failed, "%s", error);
    collector_config_deinit(&config);
}

START_TEST(collector_reads_it_or_says_why_not)
{
    ck_assert_uint_ge(heap_each(try_collector), 5); /* the file, three sections, the groups */
}
END_TEST

static void try_scaler(unsigned nth)
{
    heap_fail(nth);
    struct scaler *scaler = scaler_new();
    ck_assert((scaler == NULL) == heap_mend());
    scaler_free(scaler);
}

START_TEST(scaler_is_made_or_null)
{
    heap_each(try_scaler);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_config");
    TCase *tests = tcase_create("heap_config");

    tcase_add_checked_fixture(tests, make_files, remove_files);
    tcase_add_test(tests, collector_reads_it_or_says_why_not);
    tcase_add_test(tests, scaler_is_made_or_null);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
