/* Runs one check suite as a program. */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Each assertion that holds would be noted in a file, for the report of a crash; loops of a million of them can't
 * afford it, and the sanitizers say where a crash was. */
#define _mark_point(file, line) ((void)0)

static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
