#include "collector/autoscale/reader_number.h"

#include "support/cases.h"
#include "support/suite.h"

static struct segments segments;
static struct decision_rows rows;
static struct reader_number number;
static struct decision decision;

static void begin(void)
{
    ck_assert_int_eq(decision_rows_init(&rows, &segments), 0);
    number = (struct reader_number){0};
    decision = (struct decision){.settings = SCALER_SETTINGS_DEFAULT};
    decision.settings.actuator = ACTUATOR_READER;
    decision.settings.mode = MODE_FULL;
}

static void end(void)
{
    decision_rows_deinit(&rows);
}

static void publish(unsigned nodes)
{
    const struct decision_record record = {.group = "web", .decision = &decision, .why = "web: it is so"};

    decision.desired = nodes;
    reader_number_publish(&number, &rows, &record);
}

static void sync(int rc)
{
    ck_assert(decision_rows_take(&rows) || rows.failing);
    decision_rows_end(&rows, rc);
}

static unsigned read;

#define assert_read(nodes)                                                                                             \
    do {                                                                                                               \
        ck_assert(reader_number_read(&number, &rows, &read));                                                          \
        ck_assert_uint_eq(read, nodes);                                                                                \
    } while (0)

START_TEST(number_is_read_once_its_row_is_durable)
{
    ck_assert(!reader_number_read(&number, &rows, &read));
    publish(5);
    ck_assert_uint_eq(rows.added, 1);
    ck_assert(!reader_number_read(&number, &rows, &read));
    sync(0);
    assert_read(5);
    publish(8);
    assert_read(5);
    ck_assert(decision_rows_take(&rows));
    publish(7); /* behind the write in progress */
    decision_rows_end(&rows, 0);
    assert_read(5);
    sync(0);
    assert_read(7);
}
END_TEST

START_TEST(only_a_higher_number_does_without_the_disk)
{
    publish(5);
    sync(0);
    assert_read(5);
    publish(8);
    sync(-1);
    assert_read(8);
    publish(6);
    assert_read(8);
    while (rows.dropped == 0)
        publish(9);
    assert_read(9);
}
END_TEST

/* The load may be another one when the disk works again. */
START_TEST(a_lower_number_that_can_not_be_recorded_is_taken_back)
{
    publish(8);
    sync(0);
    assert_read(8);
    decision.now_ms = 4711;
    publish(6);
    ck_assert_int_eq(reader_number_take_back(&number, &rows), 0); /* its row is only under way */
    sync(-1);
    ck_assert_int_eq(reader_number_take_back(&number, &rows), 4711);
    ck_assert_int_eq(reader_number_take_back(&number, &rows), 0);
    sync(0);
    assert_read(8);
}
END_TEST

/* A reload, a pause or another collector: meanwhile the group may have become larger. */
START_TEST(number_is_forgotten_while_no_reader_carries_it_out)
{
    publish(8);
    sync(0);
    reader_number_follow(&number, &decision);
    assert_read(8);
    decision.settings.actuator = ACTUATOR_HOOK;
    reader_number_follow(&number, &decision);
    decision.settings.actuator = ACTUATOR_READER;
    publish(27);
    ck_assert(!reader_number_read(&number, &rows, &read)); /* its row is not durable */
    sync(0);
    assert_read(27);
    decision.observed.orders_elsewhere = true;
    reader_number_follow(&number, &decision);
    ck_assert(!reader_number_read(&number, &rows, &read));
    decision.observed.orders_elsewhere = false;
}
END_TEST

START_TEST(number_is_new_if_readers_are_to_get_another_one)
{
    decision.desired = 5;
    ck_assert(reader_number_is_new(&number, &decision));
    publish(5);
    ck_assert(!reader_number_is_new(&number, &decision));
    decision.desired = 6;
    ck_assert(reader_number_is_new(&number, &decision));
    decision.observed.roll_call_blind = true;
    ck_assert(!reader_number_is_new(&number, &decision));
    decision.observed.roll_call_blind = false;
    decision.observed.orders_elsewhere = true;
    ck_assert(!reader_number_is_new(&number, &decision));
    decision.observed.orders_elsewhere = false;
    decision.settings.mode = MODE_OBSERVE; /* its number is what the votes say, at any time */
    ck_assert(!reader_number_is_new(&number, &decision));
    decision.settings.mode = MODE_FULL;
    decision.settings.actuator = ACTUATOR_HOOK;
    ck_assert(!reader_number_is_new(&number, &decision));
}
END_TEST

START_TEST(no_node_at_all_is_a_number_only_where_none_is_needed)
{
    decision.settings.nodes_min = 0;
    decision.desired = 0;
    ck_assert(!reader_number_is_new(&number, &decision));
    decision.is_idle = true;
    ck_assert(reader_number_is_new(&number, &decision));
    publish(0);
    ck_assert(!reader_number_is_new(&number, &decision));
    ck_assert(!reader_number_read(&number, &rows, &read));
    sync(0);
    assert_read(0);
    publish(3);
    sync(0);
    assert_read(3);
    publish(0);
    assert_read(3);
    sync(0);
    assert_read(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader_number");

    CASES_ADD(suite, "number", begin, end, no_node_at_all_is_a_number_only_where_none_is_needed,
              number_is_read_once_its_row_is_durable, only_a_higher_number_does_without_the_disk,
              a_lower_number_that_can_not_be_recorded_is_taken_back, number_is_forgotten_while_no_reader_carries_it_out,
              number_is_new_if_readers_are_to_get_another_one);
    return suite_run(suite);
}
