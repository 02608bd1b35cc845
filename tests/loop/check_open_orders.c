/* Which orders of decisions.csv have no outcome; real files, in a directory of the test. */
#include "collector/autoscale/open_orders.h"

#include "common/disk_posix.h"
#include "support/cases.h"
#include "support/suite.h"
#include "support/temp_dir.h"

#include <stdio.h>
#include <string.h>

#define WALL_MS 1700000000000

static struct temp_dir dir;
static struct disk disk;
static char header[DECISION_ROW_MAX];
static struct segments segments;
static struct decision_rows rows;

static void begin(void)
{
    const struct segments_options options = {.name = "decisions",
                                             .header = header,
                                             .row_ok = decision_rows_ok,
                                             .row_ms = segment_time_of_first_field,
                                             .limits = {.rotate_bytes = 1 << 30, .rotate_ms = INT64_MAX}};
    uint64_t cut = 0;

    decision_fields_put_header(header);
    temp_dir_create(&dir);
    disk = disk_posix(dir.fd);
    ck_assert_int_eq(segments_open(&segments, &disk, &options, &cut), 0);
    ck_assert_int_eq(decision_rows_init(&rows, &segments), 0);
}

static void end(void)
{
    decision_rows_deinit(&rows);
    (void)segments_close(&segments);
    temp_dir_remove(&dir);
}

static void write_rows(bool rotates)
{
    if (!decision_rows_take(&rows))
        return;
    decision_rows_begin(&rows);
    rows.rotation = rotates;
    ck_assert_int_eq(decision_rows_write(&rows), 0);
    decision_rows_end(&rows, 0);
}

static void put(const char *group, unsigned number, enum order_stage stage)
{
    const struct decision decision = {
        .settings = SCALER_SETTINGS_DEFAULT, .to = number, .desired = number, .order_epoch = 5, .order_number = number};
    const struct decision_record record = {
        .wall_ms = WALL_MS, .group = group, .decision = &decision, .order = stage, .why = "a \"why\", with commas"};

    ck_assert_int_eq(decision_rows_add(&rows, &record), 0);
}

static char found[256];

static void on_open(const char *group, int64_t wall_ms, void *arg)
{
    ck_assert_ptr_eq(arg, found);
    ck_assert_int_eq(wall_ms, WALL_MS);
    strcat(found, group);
    strcat(found, " ");
}

static char published[256];

static void on_published(const char *group, unsigned nodes, int64_t wall_ms, void *arg)
{
    ck_assert_ptr_eq(arg, found);
    ck_assert_int_eq(wall_ms, WALL_MS);
    sprintf(published + strlen(published), "%s %u ", group, nodes);
}

static const struct open_orders_events events = {on_open, on_published, found};

/* Returns how many orders were open, and what was added for them. */
static int close_orders(const char **added)
{
    static char text[DECISION_ROWS_BUFFER];

    write_rows(false);
    found[0] = published[0] = '\0';
    int count = open_orders_close(&rows, &segments, WALL_MS + 5000, &events);
    memcpy(text, rows.waiting, rows.waiting_len);
    text[rows.waiting_len] = '\0';
    *added = text;
    return count;
}

START_TEST(orders_with_an_outcome_are_closed)
{
    static const enum order_stage outcomes[] = {ORDER_ACCEPTED, ORDER_FAILED, ORDER_WITHOUT_EFFECT, ORDER_WITHDRAWN,
                                                ORDER_UNKNOWN};
    const char *added = NULL;

    ck_assert_int_eq(close_orders(&added), 0);
    put("web", 1, ORDER_NONE);
    put("web", 1, ORDER_PUBLISHED);
    for (unsigned i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        put("web", 2 + i, ORDER_INTENT);
        put("web", 2 + i, outcomes[i]);
    }
    ck_assert_int_eq(close_orders(&added), 0);
    ck_assert_str_eq(added, "");
    ck_assert_str_eq(found, "web ");
}
END_TEST

/* The saved state may be older, and count on them. */
START_TEST(orders_behind_the_last_that_was_carried_out_are_reported)
{
    const char *added = NULL;

    put("web", 1, ORDER_INTENT);
    put("db", 1, ORDER_INTENT);
    put("web", 1, ORDER_FAILED);
    put("web", 2, ORDER_INTENT);
    put("db", 1, ORDER_FAILED);
    put("db", 2, ORDER_INTENT);
    put("db", 3, ORDER_INTENT);
    put("db", 2, ORDER_ACCEPTED);
    put("web", 2, ORDER_FAILED);
    ck_assert_int_eq(close_orders(&added), 1); /* db's third */
    ck_assert_str_eq(found, "web db ");
    put("web", 3, ORDER_INTENT);
    put("web", 3, ORDER_ACCEPTED);
    ck_assert_int_eq(close_orders(&added), 0);
    ck_assert_str_eq(found, "db ");
}
END_TEST

START_TEST(the_last_number_of_a_reader_is_reported)
{
    const char *added = NULL;

    put("web", 5, ORDER_PUBLISHED);
    put("db", 3, ORDER_PUBLISHED);
    put("web", 11, ORDER_PUBLISHED);
    put("web", 12, ORDER_NONE);
    put("web", 5, ORDER_GIVEN_UP); /* the last number stands */
    put("app", 4, ORDER_PUBLISHED);
    put("db", 4, ORDER_INTENT); /* it has another actuator since */
    ck_assert_int_eq(close_orders(&added), 1);
    ck_assert_str_eq(published, "web 11 app 4 ");
}
END_TEST

START_TEST(an_open_order_gets_one_unknown_outcome)
{
    const char *added = NULL;

    put("web", 1, ORDER_INTENT);
    put("db", 1, ORDER_INTENT);
    put("web", 1, ORDER_ACCEPTED);
    ck_assert_int_eq(close_orders(&added), 1);
    ck_assert_str_eq(found, "db ");
    ck_assert_ptr_eq(strchr(added, '\n'), added + strlen(added) - 1);
    ck_assert_int_eq(strncmp(added, "1700000005.000,db,", strlen("1700000005.000,db,")), 0);
    ck_assert_ptr_nonnull(strstr(added, ",unknown,\"db: the collector was killed"));
    ck_assert(decision_rows_ok(added, strlen(added) - 1));
    ck_assert_int_eq(close_orders(&added), 0); /* the next start finds it closed */
}
END_TEST

/* The next start finds all of them closed. */
START_TEST(each_intent_of_an_order_gets_an_outcome)
{
    const char *added = NULL;

    put("web", 1, ORDER_INTENT);
    put("db", 1, ORDER_INTENT);
    put("web", 1, ORDER_INTENT);
    ck_assert_int_eq(close_orders(&added), 3);
    ck_assert_int_eq(close_orders(&added), 0);
}
END_TEST

START_TEST(the_file_before_a_rotation_is_read_too)
{
    const char *added = NULL;

    put("web", 1, ORDER_INTENT);
    put("db", 1, ORDER_INTENT);
    write_rows(false);
    put("db", 1, ORDER_FAILED);
    write_rows(true);
    ck_assert_uint_eq(temp_dir_count(&dir, "decisions-"), 1);
    ck_assert_int_eq(close_orders(&added), 1);
    ck_assert_ptr_nonnull(strstr(added, ",unknown,\"web: "));
}
END_TEST

/* A finished file is not mended: a zero byte, or a group that is no name, is of no order. */
START_TEST(damaged_rows_are_of_no_order)
{
    const char *added = NULL;
    char damaged[16384];
    size_t len = 0;

    put("web", 1, ORDER_INTENT);
    put("db", 1, ORDER_INTENT);
    put("app", 1, ORDER_INTENT);
    write_rows(false);
    const char *text = temp_dir_read(&dir, "decisions.csv", &len);
    memcpy(damaged, text, len + 1);
    strstr(damaged, ",db,")[1] = ' ';
    strstr(damaged, ",web,")[20] = '\0';
    temp_dir_write(&dir, "decisions-00000001.csv", damaged, len);
    temp_dir_truncate(&dir, "decisions.csv", decision_fields_put_header(header));
    ck_assert_int_eq(close_orders(&added), 1);
    ck_assert_str_eq(found, "app ");
}
END_TEST

START_TEST(a_file_of_another_version_is_not_read)
{
    const char *added = NULL;

    put("web", 1, ORDER_INTENT);
    write_rows(false);
    const char *text = temp_dir_read(&dir, "decisions.csv", NULL);
    char other[8192] = "x";
    strcat(other, text);
    temp_dir_write(&dir, "decisions-00000001.csv", other, strlen(other));
    put("web", 1, ORDER_ACCEPTED);
    ck_assert_int_eq(close_orders(&added), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("open_orders");

    CASES_ADD(suite, "open_orders", begin, end, orders_with_an_outcome_are_closed,
              orders_behind_the_last_that_was_carried_out_are_reported, the_last_number_of_a_reader_is_reported,
              an_open_order_gets_one_unknown_outcome, each_intent_of_an_order_gets_an_outcome,
              the_file_before_a_rotation_is_read_too, damaged_rows_are_of_no_order,
              a_file_of_another_version_is_not_read);
    return suite_run(suite);
}
