/* What the collector grants to a connection that has not said a valid Hello. */
#include "support/cases.h"
#include "support/suite.h"
#include "unit/intake_fixture.h"

START_TEST(a_strangers_frame_is_short)
{
    frame_put_head(buf, HELLO_FRAME_LEN_MAX);
    say(0, FRAME_HEAD_LEN);
    ck_assert_ptr_null(answer(0));
    frame_put_head(buf, HELLO_FRAME_LEN_MAX + 1);
    say(1, FRAME_HEAD_LEN);
    ASSERT_REJECTED(1, RETRY, MALFORMED);

    greet(2, hello_of(7, 1, 0));
    frame_put_head(buf, FRAME_LEN_MAX);
    say(2, FRAME_HEAD_LEN);
    ck_assert_ptr_null(answer(2));
}
END_TEST

START_TEST(agents_have_a_maximum_and_a_taken_over_node_its_place)
{
    hub.intake.agents_max = 1;
    greet(0, hello_of(7, 1, 0));
    Headroom__Hello other = hello_of(8, 1, 0);
    other.node_id = (char *)"n2";
    say(1, frames_put_hello(&other, buf));
    ASSERT_REJECTED(1, NEXT_COLLECTOR, FULL);
    greet(2, hello_of(7, 1, 0));
    ck_assert_uint_eq(hub.intake.streaming, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake_strangers");

    CASES_ADD(suite, "strangers", setup, teardown, a_strangers_frame_is_short,
              agents_have_a_maximum_and_a_taken_over_node_its_place);
    return suite_run(suite);
}
