/* What the collector grants to a connection that has not said a valid Hello. */
#include "support/cases.h"
#include "support/suite.h"
#include "unit/intake_fixture.h"

#define WELCOMED 0

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

/* The code of the Reject, or WELCOMED. */
static int guess(unsigned i, uint64_t instance, const char *token)
{
    Headroom__Hello hello = hello_of(instance, 1, 0);

    intake_detach(&intakes[i]);
    intake_init(&intakes[i], &hub.intake, NULL, now_ms);
    intakes[i].origin = 77;
    hello.token = (char *)token;
    say(i, frames_put_hello(&hello, buf));
    Headroom__Frame *frame = answer(i);
    ck_assert_ptr_nonnull(frame);
    return frame->body_case == HEADROOM__FRAME__BODY_REJECT ? (int)frame->reject->code : WELCOMED;
}

START_TEST(wrong_tokens_are_tested_slowly)
{
    static struct guesses guesses;

    guesses = (struct guesses){0};
    hub.intake.guesses = &guesses;
    hub.intake.token = "right";
    for (unsigned i = 0; i < 3 * GUESSES_BURST; i++) /* to have no token is no guess */
        ck_assert_int_eq(guess(0, 9, ""), HEADROOM__REJECT_CODE__REJECT_CODE_TOKEN);
    ck_assert_int_eq(guess(0, 9, "right"), WELCOMED);
    for (unsigned i = 0; i < GUESSES_BURST; i++)
        ck_assert_int_eq(guess(1, 10 + i, "wrong"), HEADROOM__REJECT_CODE__REJECT_CODE_TOKEN);
    ck_assert_int_eq(guess(1, 50, "right"), HEADROOM__REJECT_CODE__REJECT_CODE_TOKEN);
    ck_assert_int_eq(intakes[1].reject.action, HEADROOM__ACTION__ACTION_RETRY);
    /* An instance that is known comes back. */
    ck_assert_int_eq(guess(0, 9, "right"), WELCOMED);
    intake_detach(&intakes[0]);
    now_ms += GUESS_MS;
    ck_assert_int_eq(guess(1, 50, "right"), WELCOMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake_strangers");

    CASES_ADD(suite, "strangers", setup, teardown, a_strangers_frame_is_short,
              agents_have_a_maximum_and_a_taken_over_node_its_place, wrong_tokens_are_tested_slowly);
    return suite_run(suite);
}
