#include "hooktest/report.h"

static void print(const struct report *report, const char *result, const char *check, const char *why)
{
    (void)fprintf(report->out, "%-10s%s%s%s\n", result, check, why != NULL ? ": " : "", why != NULL ? why : "");
    (void)fflush(report->out); /* before what the next run of the hook writes to standard error */
}

void report_passed(struct report *report, const char *check)
{
    report->passed++;
    print(report, "ok", check, NULL);
}

void report_failed(struct report *report, const char *check, const char *why, const char *call)
{
    report->failed++;
    print(report, "WRONG", check, why);
    if (call != NULL)
        print(report, "", "after", call);
}

void report_untested(struct report *report, const char *check, const char *why)
{
    report->untested++;
    print(report, "untested", check, why);
}

void report_sum(const struct report *report)
{
    (void)fprintf(report->out, "%u checks passed, %u failed, %u untested\n", report->passed, report->failed,
                  report->untested);
    (void)fflush(report->out);
}
