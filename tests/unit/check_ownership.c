#include "collector/fleet/ownership.h"

#include "common/limits.h"
#include "support/suite.h"

#include <string.h>

#define T INT64_C(10000000)

static struct proof proof_of(uint8_t byte)
{
    uint8_t secret[AGENT_SECRET_LEN];

    memset(secret, byte, sizeof secret);
    return ownership_proof(secret, sizeof secret);
}

START_TEST(only_a_whole_secret_is_a_proof)
{
    static const uint8_t secret[AGENT_SECRET_LEN + 1] = {1, 2, 3};
    const struct proof none = ownership_proof(secret, AGENT_SECRET_LEN - 1);
    const struct proof longer = ownership_proof(secret, AGENT_SECRET_LEN + 1);
    const struct proof zeros = proof_of(0);
    const struct proof one = proof_of(1), two = proof_of(2), again = proof_of(1);

    ck_assert(ownership_is_none(&none));
    ck_assert(ownership_is_none(&longer));
    ck_assert(ownership_is_none(&zeros));
    ck_assert(!ownership_is_none(&one));
    ck_assert(ownership_is_same(&one, &again));
    ck_assert(!ownership_is_same(&one, &two));
}
END_TEST

START_TEST(the_owner_is_the_first_agent_with_a_secret)
{
    const struct proof none = {0}, one = proof_of(1), two = proof_of(2);
    struct ownership ownership = {0};

    ck_assert(!ownership_is_held(&ownership, false, T));
    ownership_take(&ownership, &none, false, T);
    ck_assert(!ownership_is_owner(&ownership, &none));
    ownership_take(&ownership, &one, false, T);
    ck_assert(ownership_is_owner(&ownership, &one));
    ownership_take(&ownership, &two, ownership_is_held(&ownership, false, T), T);
    ck_assert(!ownership_is_owner(&ownership, &two));
    ck_assert(!ownership_is_owner(&ownership, &none));
}
END_TEST

START_TEST(an_owner_that_is_away_for_long_is_none)
{
    const struct proof one = proof_of(1), two = proof_of(2);
    struct ownership ownership = {0};

    ownership_take(&ownership, &one, false, T);
    ck_assert(ownership_is_held(&ownership, true, T + 10 * OWNERSHIP_MS)); /* it is connected */
    ownership_leave(&ownership, &two, T + 10 * OWNERSHIP_MS);
    ck_assert(ownership_is_held(&ownership, false, T + OWNERSHIP_MS));
    ck_assert(!ownership_is_held(&ownership, false, T + OWNERSHIP_MS + 1));
    ownership_leave(&ownership, &one, T + OWNERSHIP_MS);
    ck_assert(ownership_is_held(&ownership, false, T + 2 * OWNERSHIP_MS));
    ownership_take(&ownership, &two, false, T + 3 * OWNERSHIP_MS);
    ck_assert(ownership_is_owner(&ownership, &two));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ownership");
    TCase *tests = tcase_create("ownership");

    tcase_add_test(tests, only_a_whole_secret_is_a_proof);
    tcase_add_test(tests, the_owner_is_the_first_agent_with_a_secret);
    tcase_add_test(tests, an_owner_that_is_away_for_long_is_none);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
