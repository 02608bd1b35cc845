/* Pure. The groups of the fleet, as the collector reports them. */
#ifndef CLI_TOP_TOP_GROUPS_H
#define CLI_TOP_TOP_GROUPS_H

#include "cli/top/top_problems.h"
#include "cli/top/top_table.h"
#include "common/limits.h"

#include <jansson.h>

#define TOP_RESOURCES    4U /* cpu, memory, disk, app */
#define TOP_GROUP_POINTS 30U

struct top_group {
    const json_t *json; /* of the answer, which the groups hold */
    const char *name;   /* of json, as mode */
    const char *mode;
    double live; /* NaN: not known; also the other numbers */
    double desired;
    double existing;
    double use[TOP_RESOURCES];  /* of the capacity, a share */
    double high[TOP_RESOURCES]; /* the limit of that */
    char condition[48]; /* the worst problem; of a collector without /api/v1/problems, an unusual condition; "": all is
                           well */
    enum top_style style;           /* of the condition */
    float points[TOP_GROUP_POINTS]; /* cpu of the last half hour */
    unsigned point_count;
};

struct top_groups {
    json_t *answer;
    struct top_group *items;
    unsigned count;
};

/* Takes the answer of /api/v1/groups, which the groups then hold; its owner releases his reference. 0, -EPROTO or
 * -ENOMEM; then the groups are untouched. */
int top_groups_read(struct top_groups *groups, json_t *answer);
void top_groups_free(struct top_groups *groups);

/* Takes the answer of /api/v1/sparklines. */
void top_groups_read_sparklines(struct top_groups *groups, const json_t *answer);

/* Sets the condition of each group. */
void top_groups_judge(struct top_groups *groups, const struct top_problems *problems);

/* NULL: there is no such group. */
const struct top_group *top_groups_find(const struct top_groups *groups, const char *name);

/* Calls cb for each condition of the group that is not as usual. */
void top_groups_each_unusual(const struct top_group *group,
                             void (*cb)(const char *name, const json_t *condition, void *arg), void *arg);

/* Indices of columns. */
enum { TOP_GROUPS_CPU = 5, TOP_GROUPS_MEMORY = 6, TOP_GROUPS_CONDITION = 9 };

extern const struct top_table_kind top_groups_table;

#endif
