#include "collector/store/csv.h"

#include "common/random.h"
#include "support/frames.h"
#include "support/metrics_header.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

static void assert_line(const char *line, size_t len, const char *wanted)
{
    ck_assert_uint_eq(len, strlen(wanted));
    ck_assert_mem_eq(line, wanted, len);
}

START_TEST(the_header_names_the_seed_columns_first)
{
    char line[CSV_LINE_MAX];

    size_t len = csv_put_header(line);
    assert_line(line, len, METRICS_HEADER "\n");
    ck_assert(csv_is_header(line, len - 1));
    ck_assert(!csv_is_header(line, len - 2)); /* as of an earlier version, with fewer columns */
}
END_TEST

START_TEST(a_full_row_is_written_exactly_so)
{
    char line[CSV_LINE_MAX];
    struct sample sample = {.seq = 42, .time_ms = 1700000000007, .uptime_ms = 3600050};

    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (METRIC_COUNTS(metric_table[m].kind))
            sample_set_counter(&sample, m, 1000 + m);
        else
            sample_set_gauge(&sample, m, m + 0.05);
    assert_line(line, csv_put_row("web-01", "web", 0xDEADBEEF, &sample, line),
                "web-01,0.05,1.05,1002,1003,1700000000.007,web,i00000000deadbeef,42,3600.050,4.05,5.05,6.05,7.05,8.05,"
                "1009,1010,11.05,12.05,13.05,14.05,1015,16.05,17.05,18.05\n");
}
END_TEST

START_TEST(what_is_absent_is_empty_and_zero_is_not)
{
    char line[CSV_LINE_MAX];
    struct sample sample = {.seq = 1};

    assert_line(line, csv_put_row("n", "g", 1, &sample, line),
                "n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,\n");
    sample_set_gauge(&sample, METRIC_CPU, 0.0);
    sample_set_counter(&sample, METRIC_DISK_WRITE, 0);
    sample_set_gauge(&sample, METRIC_PSI_IO, 100.0);
    assert_line(line, csv_put_row("n", "g", 1, &sample, line),
                "n,0.00,,,0,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,100.00,,,,,\n");
}
END_TEST

/* A longest name, ended by 0. */
static const char *longest_name(void)
{
    static char name[NAME_LEN_MAX + 1];

    memset(name, 'x', NAME_LEN_MAX);
    return name;
}

static struct sample longest_sample(void)
{
    struct sample sample = frames_largest_sample();

    sample.time_ms = CSV_TIME_MS_MAX;
    for (unsigned m = 0; m < METRIC_COUNT; m++)
        if (!METRIC_COUNTS(metric_table[m].kind))
            sample.value[m].gauge = metric_table[m].kind == METRIC_PERCENT ? 100.0 : METRIC_GAUGE_MAX;
    return sample;
}

START_TEST(the_longest_row_fits_and_is_read_back)
{
    char line[CSV_LINE_MAX];
    struct sample sample = longest_sample();
    struct csv_row row;

    size_t len = csv_put_row(longest_name(), longest_name(), UINT64_MAX, &sample, line);
    ck_assert_uint_le(len, CSV_LINE_MAX);
    ck_assert_int_eq(csv_parse_row(line, len - 1, &row), 0);
    ck_assert(frames_same_sample(&row.sample, &sample));
    ck_assert_uint_le(csv_put_header(line), CSV_LINE_MAX);
}
END_TEST

/* Whatever the wire lets through has to be read back: recovery cuts the file at a row that it cannot read. */
START_TEST(any_uptime_and_time_is_read_back)
{
    static const uint64_t numbers[] = {0,
                                       1,
                                       999,
                                       1000,
                                       CSV_TIME_MS_MAX,
                                       INT64_MAX,
                                       UINT64_MAX / 10 - 1,
                                       UINT64_MAX / 10,
                                       UINT64_MAX - 1000,
                                       UINT64_MAX - 6,
                                       UINT64_MAX - 5,
                                       UINT64_MAX - 1,
                                       UINT64_MAX};
    char line[CSV_LINE_MAX];
    struct csv_row row;

    struct sample sample = {.seq = INT64_MAX, .uptime_ms = numbers[_i]};
    sample.time_ms = numbers[_i] <= (uint64_t)CSV_TIME_MS_MAX ? (int64_t)numbers[_i] : CSV_TIME_MS_MAX;
    size_t len = csv_put_row("n", "g", 1, &sample, line);
    ck_assert_msg(csv_parse_row(line, len - 1, &row) == 0, "uptime_ms %llu", (unsigned long long)numbers[_i]);
    ck_assert(frames_same_sample(&row.sample, &sample));
}
END_TEST

START_TEST(random_samples_come_back_as_they_were)
{
    uint64_t random = 3;
    char line[CSV_LINE_MAX];
    char again[CSV_LINE_MAX];
    struct csv_row row;

    for (unsigned i = 0; i < 20000; i++) {
        struct sample sample = frames_random_sample(i + 1, &random);
        sample.present &= (uint32_t)random_next(&random);
        uint64_t instance = random_next(&random) | 1;

        size_t len = csv_put_row("n1", "web", instance, &sample, line);
        ck_assert_int_eq(csv_parse_row(line, len - 1, &row), 0);
        ck_assert(frames_same_sample(&row.sample, &sample));
        ck_assert_uint_eq(row.instance, instance);
        ck_assert_str_eq(row.node_id, "n1");
        ck_assert_str_eq(row.group, "web");
        ck_assert_uint_eq(csv_put_row(row.node_id, row.group, row.instance, &row.sample, again), len);
        ck_assert_mem_eq(line, again, len);
    }
}
END_TEST

/* One that lacks the last value alone is a row without it, and one that lacks all the columns that version 0.1 did not
 * have is a row of that version: this is why recovery wants to see the line end. */
static void assert_prefixes_refused(const struct sample *sample)
{
    char line[CSV_LINE_MAX];
    struct csv_row row;
    size_t len = csv_put_row("n1", "web", 7, sample, line) - 1;

    while (line[len - 1] != ',')
        len--;

    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *copy = frames_exact_copy((const uint8_t *)line, cut);
        int rc = csv_parse_row((const char *)copy, cut, &row);
        ck_assert_msg(rc == -EBADMSG || row.metric_count == METRIC_BASE_COUNT, "%.*s", (int)cut, line);
        free(copy);
    }
}

START_TEST(every_prefix_of_a_row_is_refused)
{
    uint64_t random = 4;
    struct sample sample = {.seq = 123};

    assert_prefixes_refused(&sample);
    sample = longest_sample();
    assert_prefixes_refused(&sample);
    for (unsigned i = 0; i < 200; i++) {
        sample = frames_random_sample(1, &random);
        sample.present &= (uint32_t)random_next(&random);
        assert_prefixes_refused(&sample);
    }
}
END_TEST

static const char *const must_parse[] = {
    "n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,100.00,0.00,0,18446744073709551615,253402300799.999,g,iffffffffffffffff,1,0.000,,,,,,,,,,,,,,,",
    "N.-_9,,,,,1.999,G.-_9,i0123456789abcdef,18446744073709551615,0.001,,1000000000000.00,,,,,,,,,,,,,",
};

START_TEST(rows_that_must_parse)
{
    struct csv_row row;

    ck_assert_int_eq(csv_parse_row(must_parse[_i], strlen(must_parse[_i]), &row), 0);
}
END_TEST

static const char *const must_not_parse[] = {
    "",
    ",",
    "n",
    METRICS_HEADER,
    /* names */
    ",,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "-n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n ,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "\"n\",,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g/,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    /* numbers */
    "n,1,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,1.0,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,1.000,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,.50,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,-1.00,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,+1.00,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n, 1.00,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,1.00 ,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,nan,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,inf,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,1e1,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,100.01,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,01.00,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,99999999999999999999.00,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,18446744073709551616,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,1.00,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,-1,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,0x10,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,007,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,1,0.000,,1000000000000.01,,,,,,,,,,,,,",
    /* timestamp, uptime */
    "n,,,,,,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.00,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,-1.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,253402300800.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,18446744073709551.616,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,1,,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,1,18446744073709551.616,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,1,18446744073709552.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,1,99999999999999999.999,,,,,,,,,,,,,,,",
    /* instance, seq */
    "n,,,,,0.000,g,i0000000000000000,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,0000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i00000000000000001,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i000000000000000A,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i000000000000000g,1,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,0,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,01,0.000,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,18446744073709551616,0.000,,,,,,,,,,,,,,,",
    /* too few columns, too many, line ends */
    "n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,,",
    "n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,\r",
    "n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,\n",
    "n,,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,x",
    "n,,,,0.000,g,i0000000000000001,1,0.000,,,,,,,,,,,,,,,",
};

START_TEST(rows_that_must_not_parse)
{
    struct csv_row row;

    ck_assert_msg(csv_parse_row(must_not_parse[_i], strlen(must_not_parse[_i]), &row) == -EBADMSG, "%s",
                  must_not_parse[_i]);
}
END_TEST

/* What a power cut leaves behind. */
/* Files of version 0.1 have fewer columns. */
START_TEST(a_row_of_the_first_version_is_read)
{
    static const char line[] = "n1,1.50,,7,,1700000000.000,web,i0000000000000007,42,3.000,,2.25,,,,,,,,9.00";
    struct csv_row row;

    ck_assert_int_eq(csv_parse_row(line, strlen(line), &row), 0);
    ck_assert_uint_eq(row.metric_count, METRIC_BASE_COUNT);
    ck_assert_uint_eq(row.sample.present,
                      1U << METRIC_CPU | 1U << METRIC_DISK_READ | 1U << METRIC_LOAD1 | 1U << METRIC_PSI_IO);
    ck_assert_double_eq(row.sample.value[METRIC_PSI_IO].gauge, 9.0);
    ck_assert_int_eq(csv_parse_row(line, strlen(line) - strlen(",9.00"), &row), -EBADMSG);
}
END_TEST

START_TEST(a_row_with_zero_bytes_anywhere_is_refused)
{
    uint64_t random = 6;
    char line[CSV_LINE_MAX];
    struct csv_row row;
    struct sample sample = frames_random_sample(1, &random);
    size_t len = csv_put_row("n1", "web", 7, &sample, line) - 1;

    for (size_t at = 0; at < len; at++) {
        char before = line[at];
        line[at] = '\0';
        ck_assert_int_eq(csv_parse_row(line, len, &row), -EBADMSG);
        line[at] = before;
    }
    char nothing[100] = {0};
    for (size_t zeros = 0; zeros <= sizeof nothing; zeros++)
        ck_assert_int_eq(csv_parse_row(nothing, zeros, &row), -EBADMSG);
}
END_TEST

/* A changed byte may give another row, but then one that would have been written just so. */
START_TEST(what_is_read_is_what_would_be_written)
{
    uint64_t random = 8;
    char line[CSV_LINE_MAX];
    char again[CSV_LINE_MAX];
    struct csv_row row;

    for (unsigned i = 0; i < 300; i++) {
        struct sample sample = frames_random_sample(1 + random_below(&random, 1000), &random);
        sample.present &= (uint32_t)random_next(&random);
        size_t len = csv_put_row("n1", "web", 7, &sample, line);
        for (size_t at = 0; at + 1 < len; at++) {
            char before = line[at];
            line[at] = "0123456789.,ai-"[random_below(&random, 15)];
            if (csv_parse_row(line, len - 1, &row) == 0) {
                ck_assert_uint_eq(csv_put_row(row.node_id, row.group, row.instance, &row.sample, again), len);
                ck_assert_mem_eq(line, again, len);
            }
            line[at] = before;
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *tcase = tcase_create("csv");

    tcase_add_test(tcase, the_header_names_the_seed_columns_first);
    tcase_add_test(tcase, a_full_row_is_written_exactly_so);
    tcase_add_test(tcase, what_is_absent_is_empty_and_zero_is_not);
    tcase_add_test(tcase, the_longest_row_fits_and_is_read_back);
    tcase_add_loop_test(tcase, any_uptime_and_time_is_read_back, 0, 13);
    tcase_add_test(tcase, random_samples_come_back_as_they_were);
    tcase_add_test(tcase, every_prefix_of_a_row_is_refused);
    tcase_add_loop_test(tcase, rows_that_must_parse, 0, sizeof must_parse / sizeof must_parse[0]);
    tcase_add_loop_test(tcase, rows_that_must_not_parse, 0, sizeof must_not_parse / sizeof must_not_parse[0]);
    tcase_add_test(tcase, a_row_of_the_first_version_is_read);
    tcase_add_test(tcase, a_row_with_zero_bytes_anywhere_is_refused);
    tcase_add_test(tcase, what_is_read_is_what_would_be_written);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
