/* The collector's problems, the alert rules of Prometheus and the document say the same things by the same names. */
#include "collector/problems/problem_kinds.h"

#include "support/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONLY_OF_PROMETHEUS "collector-down" /* a collector that is down lists nothing */
#define RULES              TEST_DATA "/../../packaging/prometheus/headroom-alerts.yml"
#define DOCUMENT           TEST_DATA "/../../docs/monitoring.md"

struct rule {
    char name[64];
    char severity[16];
    int64_t for_ms;
};

static int64_t ms_of(long number, char unit)
{
    ck_assert_msg(strchr("hm", unit) != NULL, "a unit that this test does not know: %c", unit);
    return number * (unit == 'h' ? PROBLEM_HOUR_MS : PROBLEM_MINUTE_MS);
}

/* Goes on to the next rule. false: there is none. */
static bool next_rule(FILE *file, struct rule *rule)
{
    char line[512];
    long number = 0;
    char unit = 0;

    *rule = (struct rule){0};
    while (rule->severity[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, " - alert: %63s", rule->name);
        if (sscanf(line, " for: %ld%c", &number, &unit) == 2)
            rule->for_ms = ms_of(number, unit);
        (void)sscanf(line, " labels: {severity: %15[a-z]", rule->severity);
    }
    return rule->severity[0] != '\0';
}

START_TEST(they_are_the_rules_of_prometheus)
{
    FILE *file = fopen(RULES, "re");
    struct rule rule;
    unsigned kind = 0;

    ck_assert_ptr_nonnull(file);
    while (next_rule(file, &rule)) {
        if (strcmp(rule.name, ONLY_OF_PROMETHEUS) == 0)
            continue;
        ck_assert_msg(kind < PROBLEM_KIND_COUNT, "%s is no problem", rule.name);
        const struct problem_kind_row *row = &problem_kinds[kind++];
        ck_assert_str_eq(rule.name, row->name);
        ck_assert_str_eq(rule.severity, problem_severity_names[row->severity]);
        ck_assert_msg(rule.for_ms == row->for_ms, "%s: the times differ", rule.name);
    }
    ck_assert_uint_eq(kind, PROBLEM_KIND_COUNT);
    fclose(file);
}
END_TEST

START_TEST(they_are_the_table_of_the_document)
{
    FILE *file = fopen(DOCUMENT, "re");
    char line[1024], name[64], severity[16];
    unsigned kind = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "| `%63[a-z-]` | %15[a-z] |", name, severity) != 2 || strcmp(name, ONLY_OF_PROMETHEUS) == 0 ||
            (strcmp(severity, "critical") != 0 && strcmp(severity, "warning") != 0 && strcmp(severity, "info") != 0))
            continue;
        ck_assert_msg(kind < PROBLEM_KIND_COUNT, "%s is no problem", name);
        ck_assert_str_eq(name, problem_kinds[kind].name);
        ck_assert_str_eq(severity, problem_severity_names[problem_kinds[kind].severity]);
        kind++;
    }
    ck_assert_uint_eq(kind, PROBLEM_KIND_COUNT);
    fclose(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("problem_kinds");
    TCase *tcase = tcase_create("core");

    tcase_add_test(tcase, they_are_the_rules_of_prometheus);
    tcase_add_test(tcase, they_are_the_table_of_the_document);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
