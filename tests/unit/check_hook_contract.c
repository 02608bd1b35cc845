#include "collector/autoscale/hook_contract.h"

#include "support/cases.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

static struct hook_contract contract;

static void begin(void)
{
    hook_contract_init(&contract, 1);
    hook_contract_reset(&contract, true, true, 1000);
}

static void end(void)
{
}

/* The program is asked at that time, and prints this. Returns whether that is news. */
static bool answer(const char *text, const struct hook_result *result, uint64_t now_ms)
{
    ck_assert(hook_contract_is_due(&contract, now_ms));
    hook_contract_begin(&contract);
    ck_assert(!hook_contract_is_due(&contract, now_ms));
    hook_contract_add(&contract, text, strlen(text) / 2);
    hook_contract_add(&contract, text + strlen(text) / 2, strlen(text) - strlen(text) / 2);
    return hook_contract_end(&contract, result, "/hook", now_ms);
}

static const struct hook_result well = {.verdict = HOOK_ACCEPTED};

START_TEST(a_hook_that_prints_2_keeps_it)
{
    static const char *const right[] = {"2\n", "2", "2\r\n", "2 \n\n"};

    ck_assert_int_eq(contract.state, HOOK_CONTRACT_UNKNOWN);
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        hook_contract_reset(&contract, true, true, 1000);
        ck_assert(answer(right[i], &well, 1000));
        ck_assert_int_eq(contract.state, HOOK_CONTRACT_KEPT);
        ck_assert_str_eq(contract.reason, "");
        ck_assert_uint_eq(contract.due_ms, UINT64_MAX);
    }
}
END_TEST

START_TEST(anything_else_breaks_it_and_says_how_to_move)
{
    static const struct {
        const char *text;
        struct hook_result result;
        const char *reason;
    } wrong[] = {
        {"", {.verdict = HOOK_ACCEPTED}, "but it printed nothing; "},
        {"1\n", {.verdict = HOOK_ACCEPTED}, "but it printed \"1\"; "},
        {"22", {.verdict = HOOK_ACCEPTED}, "but it printed \"22\"; "},
        {"2\nscaling\n", {.verdict = HOOK_ACCEPTED}, "but it printed \"2?scaling\"; "},
        {"2", {.verdict = HOOK_REFUSED, .exit_status = 3}, "but its exit status was 3; "},
        {"2", {.verdict = HOOK_TIMED_OUT}, "but it did not end within its time limit; "},
        {"", {.verdict = HOOK_NOT_STARTED, .error = -ENOENT}, "but it can't be started: No such file or directory; "},
        {"a very long text that is no number of a contract",
         {.verdict = HOOK_ACCEPTED},
         "\"a very long text that is no "},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hook_contract_reset(&contract, true, true, 1000);
        ck_assert(answer(wrong[i].text, &wrong[i].result, 1000));
        ck_assert_int_eq(contract.state, HOOK_CONTRACT_BROKEN);
        ck_assert_msg(strstr(contract.reason, wrong[i].reason) != NULL, "%s", contract.reason);
        ck_assert_ptr_nonnull(strstr(contract.reason, "`/hook contract` must print 2"));
        ck_assert_ptr_nonnull(strstr(contract.reason, "Moving from 0.1"));
    }
}
END_TEST

START_TEST(it_is_asked_again_later_and_later_until_it_is_kept)
{
    uint64_t now_ms = 1000;

    ck_assert(answer("1", &well, now_ms));
    for (unsigned i = 0; i < 10; i++) {
        uint64_t wait_ms = contract.due_ms - now_ms;
        ck_assert_uint_ge(wait_ms, 500);
        ck_assert_uint_le(wait_ms, 60000);
        ck_assert(!hook_contract_is_due(&contract, contract.due_ms - 1));
        now_ms = contract.due_ms;
        ck_assert(!answer("1", &well, now_ms)); /* no news */
    }
    now_ms = contract.due_ms;
    ck_assert(answer("2", &well, now_ms));
    ck_assert_int_eq(contract.state, HOOK_CONTRACT_KEPT);
}
END_TEST

START_TEST(after_a_reload_the_last_answer_counts_until_the_next)
{
    ck_assert(answer("2", &well, 1000));
    hook_contract_reset(&contract, true, false, 5000);
    ck_assert_int_eq(contract.state, HOOK_CONTRACT_KEPT);
    ck_assert(answer("1", &well, 5000));
    ck_assert_int_eq(contract.state, HOOK_CONTRACT_BROKEN);
    hook_contract_reset(&contract, true, true, 6000); /* another program */
    ck_assert_int_eq(contract.state, HOOK_CONTRACT_UNKNOWN);
    ck_assert_str_ne(contract.reason, "");
}
END_TEST

START_TEST(the_answer_of_a_program_that_was_replaced_does_not_count)
{
    hook_contract_begin(&contract);
    hook_contract_reset(&contract, true, true, 1500);
    ck_assert(!hook_contract_is_due(&contract, 1500)); /* it still runs */
    hook_contract_add(&contract, "2", 1);
    ck_assert(!hook_contract_end(&contract, &well, "/hook", 1600));
    ck_assert_int_eq(contract.state, HOOK_CONTRACT_UNKNOWN);
    ck_assert(answer("2", &well, 1600));
}
END_TEST

START_TEST(without_a_program_nothing_is_asked)
{
    hook_contract_reset(&contract, false, true, 2000);
    ck_assert(!hook_contract_is_due(&contract, UINT64_MAX - 1));
    ck_assert_str_eq(contract.reason, "there is no hook");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook_contract");

    CASES_ADD(suite, "hook_contract", begin, end, a_hook_that_prints_2_keeps_it,
              anything_else_breaks_it_and_says_how_to_move, it_is_asked_again_later_and_later_until_it_is_kept,
              after_a_reload_the_last_answer_counts_until_the_next,
              the_answer_of_a_program_that_was_replaced_does_not_count, without_a_program_nothing_is_asked);
    return suite_run(suite);
}
