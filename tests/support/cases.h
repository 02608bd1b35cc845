/* Adds tests that share a fixture to a suite, as one case. */
#ifndef SUPPORT_CASES_H
#define SUPPORT_CASES_H

#include <check.h>
#include <stddef.h>

static inline void cases_add(Suite *suite, const char *name, SFun before, SFun after, const TTest *const *tests,
                             size_t count)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, before, after);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
}

/* The tests are named one by one. */
#define CASES_ADD(suite, name, before, after, ...)                                                                     \
    do {                                                                                                               \
        const TTest *const cases_tests[] = {__VA_ARGS__};                                                              \
        cases_add(suite, name, before, after, cases_tests, sizeof cases_tests / sizeof cases_tests[0]);                \
    } while (0)

#endif
