/* What is due when, of many things: each once, not before its time, and less than a slot after it. */
#include "collector/intake/due_wheel.h"

#include "common/random.h"
#include "support/suite.h"

#include <check.h>

#define ENTRIES 300U
#define TURN_MS (DUE_WHEEL_SLOT_MS * (uint64_t)DUE_WHEEL_SLOTS)

static struct due_wheel wheel;
static struct due_entry entries[ENTRIES];
static uint64_t now_ms;

static void setup(void)
{
    now_ms = 1000003;
    due_wheel_init(&wheel, now_ms);
    for (unsigned i = 0; i < ENTRIES; i++)
        entries[i] = (struct due_entry){0};
}

static bool set_in(unsigned i, uint64_t delay_ms)
{
    return due_wheel_set(&wheel, &entries[i], now_ms + delay_ms, now_ms);
}

/* Takes what is due now; NULL: nothing is. */
static struct due_entry *take(void)
{
    struct due_entry *entry = NULL;

    do
        entry = due_wheel_take(&wheel, now_ms);
    while (entry == NULL && due_wheel_lags(&wheel, now_ms));
    return entry;
}

/* Lets time pass as a timer would, until an entry is due. NULL: the wheel is empty. */
static struct due_entry *await(void)
{
    struct due_entry *entry = NULL;

    while ((entry = take()) == NULL) {
        uint64_t next_ms = due_wheel_next_ms(&wheel);
        if (next_ms == UINT64_MAX)
            return NULL;
        ck_assert_uint_gt(next_ms, now_ms);
        now_ms = next_ms;
    }
    return entry;
}

static void expect_in_time(const struct due_entry *entry)
{
    ck_assert_uint_ge(now_ms, entry->due_ms);
    ck_assert_uint_lt(now_ms, entry->due_ms + DUE_WHEEL_SLOT_MS);
}

START_TEST(an_empty_wheel_needs_no_look)
{
    ck_assert_ptr_null(take());
    ck_assert_uint_eq(due_wheel_next_ms(&wheel), UINT64_MAX);
    now_ms += 10 * TURN_MS;
    ck_assert(set_in(0, 5000));
    ck_assert_uint_ge(due_wheel_next_ms(&wheel), now_ms + 5000);
    due_wheel_cancel(&entries[0]);
    due_wheel_cancel(&entries[0]);
    ck_assert_uint_eq(due_wheel_next_ms(&wheel), UINT64_MAX);
    ck_assert_ptr_null(await());
}
END_TEST

START_TEST(the_next_look_is_when_the_first_is_due)
{
    ck_assert(set_in(0, 5000));
    ck_assert_uint_ge(due_wheel_next_ms(&wheel), now_ms + 5000);
    ck_assert_uint_lt(due_wheel_next_ms(&wheel), now_ms + 5000 + DUE_WHEEL_SLOT_MS);
    ck_assert(!set_in(1, 6000));
    ck_assert(set_in(2, 20));
    ck_assert(set_in(3, 10));
    static const unsigned order[] = {3, 2, 0, 1};
    for (unsigned i = 0; i < 4; i++) {
        const struct due_entry *entry = await();
        ck_assert_ptr_eq(entry, &entries[order[i]]);
        expect_in_time(entry);
    }
    ck_assert_ptr_null(await());
}
END_TEST

/* A time in any slot, from now to several turns ahead, at any place within a slot. */
START_TEST(each_is_taken_once_and_in_time)
{
    uint64_t state = (uint64_t)_i;
    unsigned taken = 0;

    now_ms += random_below(&state, 100);
    for (unsigned i = 0; i < ENTRIES; i++)
        set_in(i, i < DUE_WHEEL_SLOT_MS * 3 ? i : random_below(&state, 3 * TURN_MS));
    for (struct due_entry *entry = NULL; (entry = await()) != NULL; taken++)
        expect_in_time(entry);
    ck_assert_uint_eq(taken, ENTRIES);
}
END_TEST

/* Times that are put off, brought forward and cancelled while others are taken. */
START_TEST(a_time_may_change_as_often_as_wanted)
{
    uint64_t state = (uint64_t)_i;
    unsigned taken = 0;

    for (unsigned i = 0; i < ENTRIES; i++)
        set_in(i, random_below(&state, TURN_MS));
    while (taken < 10 * ENTRIES) {
        struct due_entry *entry = await();
        ck_assert_ptr_nonnull(entry);
        expect_in_time(entry);
        taken++;
        due_wheel_set(&wheel, entry, now_ms + random_below(&state, 2 * TURN_MS), now_ms);
        unsigned other = (unsigned)random_below(&state, ENTRIES);
        due_wheel_cancel(&entries[random_below(&state, 2) ? other : (other + 1) % ENTRIES]);
        set_in(other, random_below(&state, TURN_MS));
    }
}
END_TEST

START_TEST(a_time_that_is_put_off_keeps_its_slot_until_that_is_due)
{
    set_in(0, 100);
    for (unsigned i = 1; i <= 50; i++) {
        struct due_entry *const *slot = entries[0].link;
        ck_assert(!set_in(0, 100 + i * 100));
        ck_assert_ptr_eq(entries[0].link, slot);
    }
    ck_assert_uint_lt(due_wheel_next_ms(&wheel), now_ms + 200);
    uint64_t due_ms = now_ms + 100 + 50 * 100;
    ck_assert_ptr_eq(await(), &entries[0]);
    ck_assert_uint_eq(entries[0].due_ms, due_ms);
    expect_in_time(&entries[0]);
}
END_TEST

/* Its owner would be called for ever. */
START_TEST(one_that_is_set_to_now_is_not_taken_again_now)
{
    for (unsigned behind = 0; behind < 2; behind++) {
        set_in(0, 1);
        set_in(1, TURN_MS / 2);
        now_ms += behind ? 2 * TURN_MS : DUE_WHEEL_SLOT_MS;
        for (struct due_entry *entry = take(); entry != NULL; entry = take())
            if (entry == &entries[0])
                set_in(0, 0);
        ck_assert_ptr_nonnull(entries[0].link);
        ck_assert_uint_le(due_wheel_next_ms(&wheel), now_ms + DUE_WHEEL_SLOT_MS);
    }
}
END_TEST

static unsigned count_looks(void)
{
    unsigned looks = 0;

    do
        looks++;
    while (due_wheel_take(&wheel, now_ms) != NULL || due_wheel_lags(&wheel, now_ms));
    return looks;
}

/* After a pause of any length everything that is due is found, and each look is short. */
START_TEST(a_long_pause_costs_one_turn_of_the_wheel)
{
    static const uint64_t pauses_ms[] = {1, 60 * 1000, TURN_MS, TURN_MS + 1, 30ULL * 86400 * 1000};

    for (unsigned i = 0; i < ENTRIES; i++)
        set_in(i, i * 50);
    now_ms += TURN_MS + pauses_ms[_i];
    unsigned looks = count_looks();
    ck_assert_uint_ge(looks, ENTRIES);
    ck_assert_uint_le(looks, ENTRIES + DUE_WHEEL_SLOTS / DUE_WHEEL_LOOK_MAX + 2);
    for (unsigned i = 0; i < ENTRIES; i++)
        ck_assert_ptr_null(entries[i].link);
    ck_assert_uint_eq(due_wheel_next_ms(&wheel), UINT64_MAX);
}
END_TEST

START_TEST(time_in_which_nothing_is_due_costs_one_look)
{
    set_in(0, TURN_MS - 1000);
    ck_assert_uint_gt(due_wheel_next_ms(&wheel), now_ms + TURN_MS - 2000);
    now_ms += TURN_MS - 2000;
    ck_assert_uint_eq(count_looks(), 1);
    ck_assert_ptr_eq(await(), &entries[0]);
    expect_in_time(&entries[0]);
}
END_TEST

/* They are looked at, and not one of them is due: a call looks at some of them only. */
START_TEST(entries_that_were_put_off_are_passed_in_parts)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        set_in(i, 100);
    for (unsigned i = 0; i < ENTRIES; i++)
        set_in(i, 9000);
    now_ms = due_wheel_next_ms(&wheel);
    unsigned looks = count_looks();
    ck_assert_uint_ge(looks, ENTRIES / DUE_WHEEL_LOOK_MAX);
    ck_assert_uint_le(looks, ENTRIES / DUE_WHEEL_LOOK_MAX + 2);
    for (unsigned i = 0; i < ENTRIES; i++)
        expect_in_time(await());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("due_wheel");
    TCase *tests = tcase_create("due_wheel");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, an_empty_wheel_needs_no_look);
    tcase_add_test(tests, the_next_look_is_when_the_first_is_due);
    tcase_add_loop_test(tests, each_is_taken_once_and_in_time, 0, 20);
    tcase_add_loop_test(tests, a_time_may_change_as_often_as_wanted, 0, 20);
    tcase_add_test(tests, a_time_that_is_put_off_keeps_its_slot_until_that_is_due);
    tcase_add_test(tests, one_that_is_set_to_now_is_not_taken_again_now);
    tcase_add_loop_test(tests, a_long_pause_costs_one_turn_of_the_wheel, 0, 5);
    tcase_add_test(tests, time_in_which_nothing_is_due_costs_one_look);
    tcase_add_test(tests, entries_that_were_put_off_are_passed_in_parts);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
