/* The files of cgroups, as kernels of several versions write them. */
#include "agent/metrics/cgroup_text.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NONE 777U /* an output that stays as it was */

/* A copy that ends where the memory does, so that AddressSanitizer sees a read beyond it. */
static char *exact_copy(const char *text, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    return copy;
}

typedef int parse(const char *text, size_t len, uint64_t *number);

static const struct {
    parse *parse;
    const char *text;
    uint64_t number; /* NONE: it is refused */
} numbers[] = {
    {cgroup_text_number, "1073741824\n", 1073741824},
    {cgroup_text_number, "1073741824", 1073741824},
    {cgroup_text_number, "0\n", 0},
    {cgroup_text_number, "max\n", CGROUP_UNLIMITED},
    {cgroup_text_number, "9223372036854771712\n", CGROUP_UNLIMITED}, /* version 1, pages of 4 KiB */
    {cgroup_text_number, "9223372036854710272\n", CGROUP_UNLIMITED}, /* and of 64 KiB */
    {cgroup_text_number, "-1\n", NONE},
    {cgroup_text_number, "", NONE},
    {cgroup_text_number, "\n", NONE},
    {cgroup_text_number, "12x\n", NONE},
    {cgroup_text_number, "maximum\n", NONE},
    {cgroup_text_number, "99999999999999999999\n", NONE},
    {cgroup_text_quota, "50000 100000\n", 500},
    {cgroup_text_quota, "150000 100000", 1500},
    {cgroup_text_quota, "max 100000\n", CGROUP_UNLIMITED},
    {cgroup_text_quota, "1000 1000000\n", 1},
    {cgroup_text_quota, "1000 9999999\n", 1}, /* less than a thousandth */
    {cgroup_text_quota, "99999999999999999 100000\n", CGROUP_UNLIMITED},
    {cgroup_text_quota, "50000\n", NONE},
    {cgroup_text_quota, "50000 0\n", NONE},
    {cgroup_text_quota, "50000 max\n", NONE},
    {cgroup_text_quota, "", NONE},
    {cgroup_text_cpus, "0\n", 1},
    {cgroup_text_cpus, "0-3\n", 4},
    {cgroup_text_cpus, "0-3,7,9-10\n", 7},
    {cgroup_text_cpus, "2", 1},
    {cgroup_text_cpus, "\n", NONE}, /* a cpuset without cpus, as a new one of version 1 */
    {cgroup_text_cpus, "0-\n", NONE},
    {cgroup_text_cpus, "3-1\n", NONE},
    {cgroup_text_cpus, "0;1\n", NONE},
    {cgroup_text_cpus, "0-4294967295\n", NONE},
};

START_TEST(each_number_is_read_or_refused)
{
    uint64_t number = NONE;
    size_t len = strlen(numbers[_i].text);
    char *copy = exact_copy(numbers[_i].text, len);

    ck_assert_int_eq(numbers[_i].parse(copy, len, &number), numbers[_i].number == NONE ? -EBADMSG : 0);
    ck_assert_uint_eq(number, numbers[_i].number);
    free(copy);
}
END_TEST

START_TEST(quotas_of_version_1_have_two_files)
{
    ck_assert_uint_eq(cgroup_text_quota_of(25000, 50000), 500);
    ck_assert_uint_eq(cgroup_text_quota_of(CGROUP_UNLIMITED, 100000), CGROUP_UNLIMITED); /* "-1" */
    ck_assert_uint_eq(cgroup_text_quota_of(25000, CGROUP_UNLIMITED), 1);
    ck_assert_uint_eq(cgroup_text_quota_of(25000, 0), CGROUP_UNLIMITED);
}
END_TEST

START_TEST(values_are_found_by_their_whole_key)
{
    static const char text[] = "inactive_file_x 1\nx_inactive_file 2\ninactive_file 3\nactive_file 4";
    uint64_t value = NONE;

    ck_assert_int_eq(cgroup_text_value(text, strlen(text), "inactive_file", &value), 0);
    ck_assert_uint_eq(value, 3);
    ck_assert_int_eq(cgroup_text_value(text, strlen(text), "active_file", &value), 0);
    ck_assert_uint_eq(value, 4);
    ck_assert_int_eq(cgroup_text_value(text, strlen(text), "file", &value), -EBADMSG);
    ck_assert_int_eq(cgroup_text_value("key\nkey 1\n", 10, "key", &value), -EBADMSG);
    ck_assert_int_eq(cgroup_text_value("", 0, "key", &value), -EBADMSG);
    ck_assert_uint_eq(value, 4);
}
END_TEST

typedef bool next_io(const char **text, size_t *len, struct cgroup_io *io);

/* The devices that a text has, as "8:0 1 2;8:16 3 4;". */
static const char *list_io(next_io *next, const char *text)
{
    static char list[256];
    size_t len = strlen(text);
    char *copy = exact_copy(text, len);
    const char *at = copy;
    struct cgroup_io io;

    list[0] = '\0';
    while (next(&at, &len, &io))
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s %llu %llu;", io.device,
                 (unsigned long long)io.read_bytes, (unsigned long long)io.written_bytes);
    ck_assert_uint_eq(len, 0);
    free(copy);
    return list;
}

START_TEST(version_2_has_a_line_a_device)
{
    ck_assert_str_eq(list_io(cgroup_text_next_io, "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 "
                                                  "dios=0\n8:0 rbytes=90 wbytes=0 rios=3 wios=0\n"),
                     "8:16 1459200 314773504;8:0 90 0;");
    ck_assert_str_eq(list_io(cgroup_text_next_io, "254:1 254:0 rbytes=1 wbytes=2 rios=3\n"), "254:0 1 2;");
    ck_assert_str_eq(list_io(cgroup_text_next_io, "8:0 \n8:16 wbytes=2 rbytes=1\n"), "8:16 1 2;");
    ck_assert_str_eq(list_io(cgroup_text_next_io, "8:0 rbytes=x wbytes=1\nrbytes=1 wbytes=2\nsda rbytes=1 wbytes=1\n"),
                     "");
    ck_assert_str_eq(list_io(cgroup_text_next_io, ""), "");
}
END_TEST

START_TEST(version_1_has_a_line_a_device_and_direction)
{
    ck_assert_str_eq(list_io(cgroup_text_next_io_1,
                             "8:0 Read 5\n8:0 Write 6\n8:0 Sync 7\n8:0 Async 4\n8:0 Discard 0\n"
                             "8:0 Total 11\n8:16 Read 1\n8:16 Write 2\n8:16 Total 3\nTotal 14\n"),
                     "8:0 5 6;8:16 1 2;");
    ck_assert_str_eq(list_io(cgroup_text_next_io_1, "Total 0\n"), "");
    ck_assert_str_eq(list_io(cgroup_text_next_io_1, "8:0 Read 5\n8:16 Write 6\n8:0 Write 1\n"), "8:0 5 1;");
    ck_assert_str_eq(list_io(cgroup_text_next_io_1, "8:0 Write 5\n"), "");
}
END_TEST

START_TEST(bytes_of_any_value_are_survived)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[65] = "";
        uint64_t number = NONE;

        if (byte == '0') /* a number */
            continue;
        memset(text, (int)byte, sizeof text - 1);
        ck_assert_int_eq(cgroup_text_number(text, 64, &number), -EBADMSG);
        ck_assert_int_eq(cgroup_text_quota(text, 64, &number), -EBADMSG);
        ck_assert_int_eq(cgroup_text_cpus(text, 64, &number), -EBADMSG);
        ck_assert_int_eq(cgroup_text_value(text, 64, "a", &number), -EBADMSG);
        if (byte > 0) {
            ck_assert_str_eq(list_io(cgroup_text_next_io, text), "");
            ck_assert_str_eq(list_io(cgroup_text_next_io_1, text), "");
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgroup_text");
    TCase *tests = tcase_create("cgroup_text");

    tcase_add_loop_test(tests, each_number_is_read_or_refused, 0, sizeof numbers / sizeof numbers[0]);
    tcase_add_test(tests, quotas_of_version_1_have_two_files);
    tcase_add_test(tests, values_are_found_by_their_whole_key);
    tcase_add_test(tests, version_2_has_a_line_a_device);
    tcase_add_test(tests, version_1_has_a_line_a_device_and_direction);
    tcase_add_test(tests, bytes_of_any_value_are_survived);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
