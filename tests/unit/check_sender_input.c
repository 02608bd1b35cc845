/* What an agent makes of each message, and of all that a collector must not send. */
#include "sender_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

/* ---- Welcome ---- */

static const struct {
    const char *what;
    uint32_t version, ack_interval_ms, frame_len_max, batch_samples_max;
    uint64_t resume_seq, stored_seq;
    enum sender_event event;
} welcomes[] = {
    {"a plain one", 1, 1000, FRAME_LEN_MAX, 1024, 0, 0, SENDER_WELCOME},
    {"all stored", 1, 1000, FRAME_LEN_MAX, 1024, 10, 10, SENDER_WELCOME},
    {"some received, none stored", 1, 1000, FRAME_LEN_MAX, 1024, 10, 0, SENDER_WELCOME},
    {"shortest frames", 1, 1000, BATCH_REST_LEN_MAX + SAMPLE_LEN_MAX, 1, 0, 0, SENDER_WELCOME},
    {"longest of everything", 1, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0, 0, SENDER_WELCOME},
    {"version 0", 0, 1000, FRAME_LEN_MAX, 1024, 0, 0, SENDER_BROKEN},
    {"version 2", 2, 1000, FRAME_LEN_MAX, 1024, 0, 0, SENDER_BROKEN},
    {"no ack interval", 1, 0, FRAME_LEN_MAX, 1024, 0, 0, SENDER_BROKEN},
    {"frames too short for a sample", 1, 1000, BATCH_REST_LEN_MAX + SAMPLE_LEN_MAX - 1, 1024, 0, 0, SENDER_BROKEN},
    {"no frames", 1, 1000, 0, 1024, 0, 0, SENDER_BROKEN},
    {"no samples in a batch", 1, 1000, FRAME_LEN_MAX, 0, 0, 0, SENDER_BROKEN},
    {"more stored than received", 1, 1000, FRAME_LEN_MAX, 1024, 4, 5, SENDER_BROKEN},
    {"one more than produced", 1, 1000, FRAME_LEN_MAX, 1024, 11, 0, SENDER_AHEAD},
    {"far more than produced", 1, 1000, FRAME_LEN_MAX, 1024, UINT64_MAX, UINT64_MAX, SENDER_AHEAD},
};

START_TEST(welcomes_are_judged)
{
    Headroom__Welcome welcome = welcome_of(welcomes[_i].resume_seq, welcomes[_i].stored_seq, 64);

    push_many(10);
    open_and_greet();
    welcome.version = welcomes[_i].version;
    welcome.ack_interval_ms = welcomes[_i].ack_interval_ms;
    welcome.frame_len_max = welcomes[_i].frame_len_max;
    welcome.batch_samples_max = welcomes[_i].batch_samples_max;
    ck_assert_msg(hear_welcome(welcome) == welcomes[_i].event, "%s", welcomes[_i].what);
    if (welcomes[_i].event == SENDER_WELCOME)
        ck_assert_uint_eq(outbox.acked_seq, welcomes[_i].stored_seq);
    else
        ck_assert_uint_eq(outbox.acked_seq, 0);
}
END_TEST

/* ---- each message in each state ---- */

static const struct {
    enum sender_state state;
    Headroom__Frame__BodyCase body;
    enum sender_event event;
} dialogues[] = {
    {SENDER_GREETING, HEADROOM__FRAME__BODY_HELLO, SENDER_BROKEN},
    {SENDER_GREETING, HEADROOM__FRAME__BODY_BATCH, SENDER_BROKEN},
    {SENDER_GREETING, HEADROOM__FRAME__BODY_GOODBYE, SENDER_BROKEN},
    {SENDER_GREETING, HEADROOM__FRAME__BODY_WELCOME, SENDER_BROKEN},
    {SENDER_GREETING, HEADROOM__FRAME__BODY_ACK, SENDER_BROKEN},
    {SENDER_GREETING, HEADROOM__FRAME__BODY_REJECT, SENDER_REJECTED},
    {SENDER_WAITING, HEADROOM__FRAME__BODY_HELLO, SENDER_BROKEN},
    {SENDER_WAITING, HEADROOM__FRAME__BODY_BATCH, SENDER_BROKEN},
    {SENDER_WAITING, HEADROOM__FRAME__BODY_GOODBYE, SENDER_BROKEN},
    {SENDER_WAITING, HEADROOM__FRAME__BODY_WELCOME, SENDER_WELCOME},
    {SENDER_WAITING, HEADROOM__FRAME__BODY_ACK, SENDER_BROKEN},
    {SENDER_WAITING, HEADROOM__FRAME__BODY_REJECT, SENDER_REJECTED},
    {SENDER_STREAMING, HEADROOM__FRAME__BODY_HELLO, SENDER_BROKEN},
    {SENDER_STREAMING, HEADROOM__FRAME__BODY_BATCH, SENDER_BROKEN},
    {SENDER_STREAMING, HEADROOM__FRAME__BODY_GOODBYE, SENDER_BROKEN},
    {SENDER_STREAMING, HEADROOM__FRAME__BODY_WELCOME, SENDER_BROKEN},
    {SENDER_STREAMING, HEADROOM__FRAME__BODY_ACK, SENDER_ACK},
    {SENDER_STREAMING, HEADROOM__FRAME__BODY_REJECT, SENDER_REJECTED},
    {SENDER_LEFT, HEADROOM__FRAME__BODY_HELLO, SENDER_BROKEN},
    {SENDER_LEFT, HEADROOM__FRAME__BODY_BATCH, SENDER_BROKEN},
    {SENDER_LEFT, HEADROOM__FRAME__BODY_GOODBYE, SENDER_BROKEN},
    {SENDER_LEFT, HEADROOM__FRAME__BODY_WELCOME, SENDER_BROKEN},
    {SENDER_LEFT, HEADROOM__FRAME__BODY_ACK, SENDER_ACK},
    {SENDER_LEFT, HEADROOM__FRAME__BODY_REJECT, SENDER_REJECTED},
};

static size_t put_any(Headroom__Frame__BodyCase body)
{
    Headroom__Hello hello = frames_hello();
    Headroom__Welcome welcome = welcome_of(0, 0, 64);

    switch (body) {
    case HEADROOM__FRAME__BODY_HELLO:
        return frames_put_hello(&hello, buf);
    case HEADROOM__FRAME__BODY_BATCH:
        return frames_put_batch(0, NULL, 0, buf);
    case HEADROOM__FRAME__BODY_GOODBYE:
        return frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf);
    case HEADROOM__FRAME__BODY_WELCOME:
        return frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf);
    case HEADROOM__FRAME__BODY_ACK:
        return frames_put_ack(0, 64, false, buf);
    default:
        return frames_put_reject(HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_TWIN, "no", buf);
    }
}

START_TEST(each_message_is_taken_only_where_it_belongs)
{
    enum sender_state state = dialogues[_i].state;

    if (state == SENDER_GREETING)
        sender_open(&sender, now_ms);
    else if (state == SENDER_WAITING)
        open_and_greet();
    else
        stream(0, 0, 64);
    if (state == SENDER_LEFT) {
        sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
        ck_assert_int_eq(next()->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    }
    ck_assert_int_eq(sender.state, state);
    ck_assert_int_eq(hear(put_any(dialogues[_i].body)), dialogues[_i].event);
}
END_TEST

START_TEST(broken_bytes_break_the_session)
{
    static const uint8_t broken[][8] = {{0, 0, 0, 0}, {255, 255, 255, 255}, {0, 0, 0, 1, 'x'}, {0, 0, 0, 2, 0x5a, 0}};

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct bytes input = {broken[i], sizeof broken[i]};
        stream(0, 0, 64);
        ck_assert_int_eq(sender_receive(&sender, &input, now_ms), SENDER_BROKEN);
        sender_close(&sender);
    }
}
END_TEST

START_TEST(a_reject_is_stored_as_one_printable_line)
{
    char text[1000];

    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "a\nb\x1b[2J\x7f", 8);
    open_and_greet();
    ck_assert_int_eq(hear(frames_put_reject(HEADROOM__ACTION__ACTION_RETRY_SLOWLY,
                                            HEADROOM__REJECT_CODE__REJECT_CODE_KEY, text, buf)),
                     SENDER_REJECTED);
    ck_assert_int_eq(sender.reject.action, HEADROOM__ACTION__ACTION_RETRY_SLOWLY);
    ck_assert_int_eq(sender.reject.code, HEADROOM__REJECT_CODE__REJECT_CODE_KEY);
    ck_assert_uint_eq(strlen(sender.reject.text), REJECT_TEXT_MAX);
    ck_assert_int_eq(strncmp(sender.reject.text, "a?b?[2J?yyy", 11), 0);
}
END_TEST

/* Control characters come in two bytes too (U+009B starts a terminal's command), and a cut must not split a letter. */
START_TEST(a_reject_in_utf8_is_stored_as_ascii)
{
    char text[400];

    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc2\x9b", 3);
    open_and_greet();
    ck_assert_int_eq(
        hear(frames_put_reject(HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_TWIN, text, buf)),
        SENDER_REJECTED);
    for (const char *at = sender.reject.text; *at != '\0'; at++)
        ck_assert(*at >= ' ' && *at <= '~');
}
END_TEST

START_TEST(a_reject_needs_neither_code_nor_text)
{
    Headroom__Reject reject = HEADROOM__REJECT__INIT;

    reject.action = (Headroom__Action)99; /* of a later version */
    open_and_greet();
    ck_assert_int_eq(hear(frames_put(HEADROOM__FRAME__BODY_REJECT, &reject, buf)), SENDER_REJECTED);
    ck_assert_int_eq(sender.reject.code, 0);
    ck_assert_str_eq(sender.reject.text, "");
}
END_TEST

START_TEST(events_are_the_same_however_the_bytes_are_split)
{
    Headroom__Welcome welcome = welcome_of(0, 0, 64);
    size_t first = frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf);
    size_t second = first + frames_put_ack(0, 32, false, buf + first);

    for (size_t split = 0; split <= second; split++) {
        enum sender_event wanted[] = {SENDER_WELCOME, SENDER_ACK};
        size_t events = 0;
        open_and_greet();
        for (unsigned half = 0; half < 2; half++) {
            struct bytes input = {buf + (half == 0 ? 0 : split), half == 0 ? split : second - split};
            enum sender_event event;
            while ((event = sender_receive(&sender, &input, now_ms)) != SENDER_NOTHING)
                ck_assert_int_eq(event, wanted[events++]);
        }
        ck_assert_uint_eq(events, 2);
        ck_assert_uint_eq(sender.credit, 32);
        sender_close(&sender);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sender_input");
    TCase *tcase = tcase_create("tables");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, welcomes_are_judged, 0, sizeof welcomes / sizeof welcomes[0]);
    tcase_add_loop_test(tcase, each_message_is_taken_only_where_it_belongs, 0, sizeof dialogues / sizeof dialogues[0]);
    suite_add_tcase(suite, tcase);
    CASES_ADD(suite, "bad input", setup, teardown, broken_bytes_break_the_session,
              a_reject_is_stored_as_one_printable_line, a_reject_in_utf8_is_stored_as_ascii,
              a_reject_needs_neither_code_nor_text, events_are_the_same_however_the_bytes_are_split);
    return suite_run(suite);
}
