#include "collector/intake/share.h"

#include "support/cases.h"
#include "support/suite.h"

#define START UINT64_C(5000000000)

static struct share share;
static struct share_member members[5];

static void setup(void)
{
    share = (struct share){0};
    for (unsigned i = 0; i < 5; i++)
        members[i] = (struct share_member){0};
}

START_TEST(a_turn_has_time_from_its_first_session_on)
{
    share_begin_turn(&share);
    ck_assert(share_has_time(&share, START));
    ck_assert(share_has_time(&share, START + SHARE_NS - 1));
    ck_assert(!share_has_time(&share, START + SHARE_NS));
    ck_assert(!share_has_time(&share, START + 10 * SHARE_NS));
    share_begin_turn(&share);
    ck_assert(share_has_time(&share, START + 10 * SHARE_NS));
}
END_TEST

START_TEST(those_who_wait_are_served_in_order)
{
    for (unsigned i = 0; i < 5; i++) {
        share_wait(&share, &members[i]);
        share_wait(&share, &members[0]); /* it waits already, and keeps its place */
    }
    share_leave(&share, &members[2]);
    share_leave(&share, &members[2]);
    ck_assert(!share_waits(&members[2]));
    ck_assert_ptr_eq(share_take(&share), &members[0]);
    share_wait(&share, &members[0]);
    ck_assert_ptr_eq(share_take(&share), &members[1]);
    ck_assert_ptr_eq(share_take(&share), &members[3]);
    ck_assert_ptr_eq(share_take(&share), &members[4]);
    ck_assert(share_waits(&members[0]));
    ck_assert_ptr_eq(share_take(&share), &members[0]);
    ck_assert(!share_waits(&members[0]));
    ck_assert_ptr_null(share_take(&share));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share");

    CASES_ADD(suite, "share", setup, NULL, a_turn_has_time_from_its_first_session_on,
              those_who_wait_are_served_in_order);
    return suite_run(suite);
}
