#include "collector/fleet/reconnects.h"

#include "support/cases.h"
#include "support/suite.h"

static struct reconnects reconnects;
static int64_t now_ms;

static void setup(void)
{
    reconnects = (struct reconnects){0};
    now_ms = 5000000;
}

/* How often an agent connects that tries all the time. */
static unsigned connect(bool owner, bool new_instance, int64_t for_ms)
{
    unsigned count = 0;

    for (int64_t end_ms = now_ms + for_ms; now_ms < end_ms; now_ms += 10)
        for (unsigned i = 0; i < 10 && reconnects_allowed(&reconnects, owner, new_instance, now_ms); i++, count++)
            reconnects_note(&reconnects, owner, new_instance, now_ms);
    return count;
}

START_TEST(a_node_connects_in_a_burst_and_then_once_a_second)
{
    ck_assert_uint_eq(connect(false, false, 990), RECONNECTS_BURST);
    unsigned later = connect(false, false, 100000);
    ck_assert_uint_ge(later, 99);
    ck_assert_uint_le(later, 101);
}
END_TEST

START_TEST(new_instances_count_twice)
{
    ck_assert_uint_eq(connect(false, true, 990), RECONNECTS_BURST / 2);
    ck_assert_uint_le(connect(false, true, 100000), 51);
}
END_TEST

START_TEST(others_do_not_use_up_what_the_owner_may)
{
    connect(false, true, 990);
    ck_assert(!reconnects_allowed(&reconnects, false, false, now_ms));
    now_ms = 6000000;
    ck_assert_uint_eq(connect(true, false, 990), RECONNECTS_BURST);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reconnects");

    CASES_ADD(suite, "reconnects", setup, NULL, a_node_connects_in_a_burst_and_then_once_a_second,
              new_instances_count_twice, others_do_not_use_up_what_the_owner_may);
    return suite_run(suite);
}
