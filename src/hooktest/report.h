/* Prints the result of each check, and counts them. */
#ifndef HOOKTEST_REPORT_H
#define HOOKTEST_REPORT_H

#include <stdio.h>

struct report {
    FILE *out;
    unsigned passed;
    unsigned failed;
    unsigned untested;
};

void report_passed(struct report *report, const char *check);

/* why: a sentence; call: what was called, see call_text.h, or NULL. */
void report_failed(struct report *report, const char *check, const char *why, const char *call);

void report_untested(struct report *report, const char *check, const char *why);

/* The last line. */
void report_sum(const struct report *report);

#endif
