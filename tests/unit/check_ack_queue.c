/* Which agent gets its Ack next. */
#include "collector/intake/ack_queue.h"

#include "support/suite.h"

#include <check.h>

static struct ack_queue queue;
static struct intake intakes[3];

static void setup(void)
{
    queue = (struct ack_queue){0};
    for (unsigned i = 0; i < 3; i++) {
        intakes[i] = (struct intake){0};
        ack_queue_add(&queue, &intakes[i]);
    }
}

START_TEST(first_come_first_served_and_once)
{
    ack_queue_add(&queue, &intakes[0]);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_ptr_eq(ack_queue_take(&queue), &intakes[i]);
    ck_assert_ptr_null(ack_queue_take(&queue));
    ack_queue_add(&queue, &intakes[0]);
    ck_assert_ptr_eq(ack_queue_take(&queue), &intakes[0]);
}
END_TEST

START_TEST(one_that_is_gone_is_passed_over)
{
    ack_queue_remove(&queue, &intakes[1]);
    ack_queue_remove(&queue, &intakes[1]);
    ck_assert_ptr_eq(ack_queue_take(&queue), &intakes[0]);
    ck_assert_ptr_eq(ack_queue_take(&queue), &intakes[2]);
    ck_assert_ptr_null(ack_queue_take(&queue));
}
END_TEST

START_TEST(instances_without_a_connection_get_none)
{
    struct instance instances[20] = {0};
    struct instance *at[20];
    struct backlog_instances stored = {.at = at, .count = 20};

    for (unsigned i = 0; i < stored.count; i++)
        at[i] = &instances[i];
    ack_queue_add_stored(&queue, &stored);
    ck_assert_ptr_eq(ack_queue_take(&queue), &intakes[0]);
    ck_assert_ptr_eq(ack_queue_take(&queue), &intakes[1]);
    ck_assert_ptr_eq(ack_queue_take(&queue), &intakes[2]);
    ck_assert_ptr_null(ack_queue_take(&queue));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ack_queue");
    TCase *tests = tcase_create("ack_queue");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, first_come_first_served_and_once);
    tcase_add_test(tests, one_that_is_gone_is_passed_over);
    tcase_add_test(tests, instances_without_a_connection_get_none);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
