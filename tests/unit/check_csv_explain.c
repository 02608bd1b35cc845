#include "collector/store/csv_explain.h"

#include "collector/store/csv.h"

#include "support/metrics_header.h"
#include "support/suite.h"

#include <string.h>

static const struct {
    const char *header;
    const char *message;
} headers[] = {
    {"", "has \"\" where the column node_id is needed"},
    {"node_id,cpu,memory,disk_read,disk_write,timestamp", "has no column group"},
    {"node_id,memory,cpu", "has \"memory\" where the column cpu is needed"},
    {METRICS_HEADER ",more", "an unknown column \"more\""},
    {METRICS_HEADER ",", "an unknown column \"\""},
};

START_TEST(tells_what_the_header_lacks)
{
    char text[256] = "";

    ck_assert(!csv_explain_header(headers[_i].header, strlen(headers[_i].header), text, sizeof text));
    ck_assert_msg(strstr(text, headers[_i].message) != NULL, "%s", text);
}
END_TEST

START_TEST(knows_the_header)
{
    char header[CSV_LINE_MAX], text[256];
    size_t len = csv_put_header(header) - 1;

    ck_assert(csv_explain_header(header, len, text, sizeof text));
    ck_assert(csv_explain_header(METRICS_HEADER, strlen(METRICS_HEADER), text, sizeof text));
}
END_TEST

#define HEADER_0_1                                                                                                     \
    "node_id,cpu,memory,disk_read,disk_write,timestamp,group,instance,seq,uptime,disk_busy,load1,iowait,steal,swap,"   \
    "net_rx,net_tx,psi_cpu,psi_memory,psi_io"

START_TEST(knows_the_header_of_the_first_version)
{
    char text[256];

    ck_assert(csv_explain_header(HEADER_0_1, strlen(HEADER_0_1), text, sizeof text));
    ck_assert(!csv_explain_header(HEADER_0_1 ",throttled", strlen(HEADER_0_1 ",throttled"), text, sizeof text));
    ck_assert_ptr_nonnull(strstr(text, "has no column oom_kills"));
}
END_TEST

#define BEGIN "web-1,50.00,25.00,1,2,1767225600.000,web,i00000000000000ff,7,100.000"

static const struct {
    const char *row;
    const char *message;
} rows[] = {
    {"", "node_id \"\" is not a name"},
    {"-x", "node_id \"-x\" is not a name"},
    {"web-1", "the line ends before the column cpu"},
    {"web-1,nan", "cpu \"nan\" is not a percentage with two decimals"},
    {"web-1,0.5", "cpu \"0.5\" is not a percentage with two decimals"},
    {"web-1,-1.00", "cpu \"-1.00\" is not a percentage"},
    {"web-1,100.01", "cpu \"100.01\" is not a percentage of 0 to 100"},
    {"web-1,,,1.5", "disk_read \"1.5\" is not a whole number"},
    {"web-1,,,-1", "disk_read \"-1\" is not a whole number"},
    {"web-1,,,,,1767225600", "timestamp \"1767225600\" is not a number of seconds with three decimals"},
    {"web-1,,,,,1767225600000.000", "timestamp \"1767225600000.000\" is not"},
    {"web-1,,,,,", "timestamp \"\" is not"},
    {"web-1,,,,,1.000,a b", "group \"a b\" is not a name"},
    {"web-1,,,,,1.000,web,255", "instance \"255\" is not an \"i\" and 16 hex digits"},
    {"web-1,,,,,1.000,web,i00000000000000ff,0", "seq \"0\" is not a whole number above 0"},
    {"web-1,,,,,1.000,web,i00000000000000ff,-7", "seq \"-7\" is not"},
    {"web-1,,,,,1.000,web,i00000000000000ff,7,1", "uptime \"1\" is not"},
    {BEGIN, "the line ends before the column disk_busy"},
    {BEGIN ",,1000000000000.01", "load1 \"1000000000000.01\" is not at most 1000000000000"},
    {BEGIN ",,inf", "load1 \"inf\" is not a number with two decimals"},
    {BEGIN ",,", "the line ends before the column iowait"},
    {BEGIN ",,,,,,,,,,,", "the line ends before the column oom_kills"},
    {BEGIN ",,,,,,,,,,,,,,,,,,,,", "more columns than the header has"},
};

/* Whatever is explained is what the parser refuses. */
START_TEST(tells_what_is_wrong_with_a_row)
{
    char text[256];
    struct csv_row row;

    ck_assert_int_ne(csv_parse_row(rows[_i].row, strlen(rows[_i].row), &row), 0);
    csv_explain_row(rows[_i].row, strlen(rows[_i].row), text, sizeof text);
    ck_assert_msg(strstr(text, rows[_i].message) != NULL, "%s", text);
}
END_TEST

/* A good row with one byte changed at each place: where the parser refuses it, the explanation is never that there are
 * too many columns, unless a comma was put in. */
START_TEST(has_something_to_say_about_each_byte)
{
    static const char good[] = BEGIN ",0.00,1.50,,,,9,9,,,";
    static const char bytes[] = {'x', '-', ' ', '.', '\x80', '%'};
    char changed[sizeof good], text[256];
    struct csv_row row;

    ck_assert_int_eq(csv_parse_row(good, strlen(good), &row), 0);
    for (size_t at = 0; at < strlen(good); at++) {
        for (size_t b = 0; b < sizeof bytes; b++) {
            memcpy(changed, good, sizeof good);
            changed[at] = bytes[b];
            if (csv_parse_row(changed, strlen(changed), &row) == 0)
                continue;
            csv_explain_row(changed, strlen(changed), text, sizeof text);
            ck_assert_msg(strstr(text, "more columns") == NULL, "%s: %s", changed, text);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv_explain");
    TCase *tests = tcase_create("csv_explain");

    tcase_add_loop_test(tests, tells_what_the_header_lacks, 0, sizeof headers / sizeof *headers);
    tcase_add_test(tests, knows_the_header);
    tcase_add_test(tests, knows_the_header_of_the_first_version);
    tcase_add_loop_test(tests, tells_what_is_wrong_with_a_row, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tests, has_something_to_say_about_each_byte);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
