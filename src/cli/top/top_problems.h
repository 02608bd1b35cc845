/* Pure. The problems that the collector reports, worst first. */
#ifndef CLI_TOP_TOP_PROBLEMS_H
#define CLI_TOP_TOP_PROBLEMS_H

#include "cli/top/top_table.h"
#include "common/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define TOP_PROBLEMS_MAX 256U

enum top_severity { TOP_CRITICAL, TOP_WARNING, TOP_INFO, TOP_SEVERITIES };

extern const char *const top_problems_severities[TOP_SEVERITIES];

struct top_problem {
    char name[40];
    enum top_severity severity;
    char group[NAME_LEN_MAX + 1]; /* empty: the problem is not about one group; the same for node */
    char node[NAME_LEN_MAX + 1];
    double age_ms; /* for how long it has been known, at the answer */
    char text[512];
};

struct top_problems {
    bool known; /* the collector reports problems */
    struct top_problem items[TOP_PROBLEMS_MAX];
    unsigned count;
    unsigned more; /* that were left out of the answer */
    unsigned of[TOP_SEVERITIES];
};

/* Takes the answer of /api/v1/problems. 0, or -EPROTO; then the problems are untouched. */
int top_problems_read(struct top_problems *problems, const json_t *answer);

/* The worst problem of a group, or NULL; *count: how many it has. */
const struct top_problem *top_problems_of_group(const struct top_problems *problems, const char *group,
                                                unsigned *count);

enum top_style top_problems_style(enum top_severity severity);

extern const struct top_table_kind top_problems_table;

#endif
