#include "common/hash.h"

#include "support/suite.h"

/* FNV-1a's published values. */
START_TEST(test_the_published_values)
{
    ck_assert_uint_eq(hash_fnv1a(hash_fnv1a_begin(), "", 0), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(hash_fnv1a(hash_fnv1a_begin(), "foobar", 6), UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(hash_fnv1a(hash_fnv1a(hash_fnv1a_begin(), "foo", 3), "bar", 3), UINT64_C(0x85944171f73967e8));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = tcase_create("hash");

    tcase_add_test(tcase, test_the_published_values);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
