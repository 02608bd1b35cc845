#include "collector/store/recovery_text.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static char lines[1024];

static void on_line(bool is_warning, const char *line)
{
    size_t used = strlen(lines);

    snprintf(lines + used, sizeof lines - used, "%s%s\n", is_warning ? "! " : "", line);
}

static const char *text(const struct recovery_report *report)
{
    lines[0] = '\0';
    recovery_text(report, 3, on_line);
    return lines;
}

START_TEST(empty_folder_is_not_worth_a_line)
{
    ck_assert_str_eq(text(&(struct recovery_report){.index = RECOVERY_INDEX_MISSING, .files_read = 1}), "");
}
END_TEST

START_TEST(what_was_found_is_described)
{
    ck_assert_str_eq(text(&(struct recovery_report){.rows = 10, .files_read = 2, .files_skipped = 5}),
                     "read back 10 samples of 3 nodes from 2 files; 5 older ones were not needed\n");
    ck_assert_str_eq(
        text(&(struct recovery_report){.index = RECOVERY_INDEX_DAMAGED, .files_read = 2, .bad_rows = 7, .unplaced = 8}),
        "had to read all files: metrics.index is damaged, or another version wrote it\n"
        "! skipped 7 damaged rows in older segments\n"
        "! skipped 8 rows: the files have more than 100000 nodes or 1024 groups\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recovery_text");
    TCase *tests = tcase_create("recovery_text");

    tcase_add_test(tests, empty_folder_is_not_worth_a_line);
    tcase_add_test(tests, what_was_found_is_described);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
