#include "cli/top/top_groups.h"

#include "cli/top/top_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const resources[TOP_RESOURCES] = {"cpu", "memory", "disk", "app"};

/* ---- answers ---- */

static void read_one(struct top_group *group, const json_t *json)
{
    const json_t *use = json_object_get(json, "utilisation");
    const json_t *thresholds = json_object_get(json, "thresholds");

    *group = (struct top_group){.json = json,
                                .name = top_json_text(json_object_get(json, "name")),
                                .mode = top_json_text(json_object_get(json, "mode")),
                                .live = top_json_member(json_object_get(json, "nodes"), "live"),
                                .desired = top_json_member(json, "desired"),
                                .existing = top_json_member(json, "existing")};
    for (unsigned r = 0; r < TOP_RESOURCES; r++) {
        group->use[r] = top_json_member(use, resources[r]);
        group->high[r] = top_json_member(json_object_get(thresholds, resources[r]), "high");
    }
}

/* The sparklines come more rarely than the groups, most of which are at the same place as before. */
static void keep_points(struct top_group *group, const struct top_groups *before, size_t place)
{
    const struct top_group *old = place < before->count ? &before->items[place] : NULL;

    if (old == NULL || strcmp(old->name, group->name) != 0)
        old = top_groups_find(before, group->name);
    if (old == NULL)
        return;
    memcpy(group->points, old->points, sizeof group->points);
    group->point_count = old->point_count;
}

int top_groups_read(struct top_groups *groups, json_t *answer)
{
    const json_t *list = json_object_get(answer, "groups");
    size_t count = json_array_size(list);

    if (!json_is_array(list))
        return -EPROTO;
    struct top_group *items = calloc(count > 0 ? count : 1, sizeof *items);
    if (items == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        read_one(&items[i], json_array_get(list, i));
        keep_points(&items[i], groups, i);
    }
    top_groups_free(groups);
    *groups = (struct top_groups){.answer = json_incref(answer), .items = items, .count = (unsigned)count};
    return 0;
}

void top_groups_free(struct top_groups *groups)
{
    free(groups->items);
    json_decref(groups->answer);
    *groups = (struct top_groups){0};
}

/* The newest ones. */
void top_groups_read_sparklines(struct top_groups *groups, const json_t *answer)
{
    const json_t *of = json_object_get(answer, "groups");

    for (unsigned i = 0; i < groups->count; i++) {
        struct top_group *group = &groups->items[i];
        const json_t *list = json_object_get(of, group->name);
        size_t count = json_array_size(list);
        size_t first = count > TOP_GROUP_POINTS ? count - TOP_GROUP_POINTS : 0;
        group->point_count = (unsigned)(count - first);
        for (size_t at = first; at < count; at++)
            group->points[at - first] = (float)top_json_number(json_array_get(list, at));
    }
}

const struct top_group *top_groups_find(const struct top_groups *groups, const char *name)
{
    for (unsigned i = 0; groups->items != NULL && i < groups->count; i++)
        if (strcmp(groups->items[i].name, name) == 0)
            return &groups->items[i];
    return NULL;
}

/* ---- conditions ---- */

/* For `limited`, false is as usual; for all others, true. */
void top_groups_each_unusual(const struct top_group *group,
                             void (*cb)(const char *name, const json_t *condition, void *arg), void *arg)
{
    const json_t *conditions = json_object_get(group->json, "conditions");
    const char *name = NULL;
    json_t *condition = NULL;

    json_object_foreach((json_t *)conditions, name, condition)
    {
        bool usual = strcmp(name, "limited") != 0;
        if (json_is_true(json_object_get(condition, "status")) != usual)
            cb(name, condition, arg);
    }
}

struct unusual {
    const char *first;
    unsigned count;
};

static void count_unusual(const char *name, const json_t *condition, void *arg)
{
    struct unusual *unusual = arg;

    (void)condition;
    if (unusual->count++ == 0)
        unusual->first = name;
}

static void judge(struct top_group *group, const struct top_problems *problems)
{
    struct unusual unusual = {0};
    const struct top_problem *worst = top_problems_of_group(problems, group->name, &unusual.count);

    group->style = worst != NULL ? top_problems_style(worst->severity) : TOP_STYLE_PLAIN;
    if (worst != NULL)
        unusual.first = worst->name;
    else if (!problems->known)
        top_groups_each_unusual(group, count_unusual, &unusual);
    if (unusual.count == 0)
        group->condition[0] = '\0';
    else if (unusual.count == 1)
        (void)snprintf(group->condition, sizeof group->condition, "%s", unusual.first);
    else
        (void)snprintf(group->condition, sizeof group->condition, "%s +%u", unusual.first, unusual.count - 1);
}

void top_groups_judge(struct top_groups *groups, const struct top_problems *problems)
{
    for (unsigned i = 0; i < groups->count; i++)
        judge(&groups->items[i], problems);
}

/* ---- the table ---- */

static const char *name(const void *row)
{
    return ((const struct top_group *)row)->name;
}

static const char *mode(const void *row)
{
    return ((const struct top_group *)row)->mode;
}

static double live(const void *row)
{
    return ((const struct top_group *)row)->live;
}

static double desired(const void *row)
{
    return ((const struct top_group *)row)->desired;
}

static double existing(const void *row)
{
    return ((const struct top_group *)row)->existing;
}

static const char *condition(const void *row)
{
    return ((const struct top_group *)row)->condition;
}

/* The sentence of the decision, without the group's name at its beginning. */
static const char *why(const void *row)
{
    const struct top_group *group = row;
    const char *sentence = top_json_text(json_object_get(group->json, "why"));
    size_t len = strlen(group->name);

    return strncmp(sentence, group->name, len) == 0 && sentence[len] == ':'
               ? sentence + len + 1 + (sentence[len + 1] == ' ')
               : sentence;
}

static enum top_style condition_style(const void *row)
{
    return ((const struct top_group *)row)->style;
}

/* Groups with a condition come first, the worst ones at the top. */
static double condition_number(const void *row)
{
    const struct top_group *group = row;

    if (group->condition[0] == '\0')
        return 3;
    return group->style == TOP_STYLE_CRITICAL ? 0 : group->style == TOP_STYLE_WARNING ? 1 : 2;
}

static double use(const void *row, unsigned resource)
{
    return ((const struct top_group *)row)->use[resource];
}

static enum top_style use_style(const void *row, unsigned resource)
{
    const struct top_group *group = row;

    return group->use[resource] > group->high[resource] ? TOP_STYLE_WARNING : TOP_STYLE_PLAIN;
}

#define RESOURCE(name, index)                                                                                          \
    static double name(const void *row)                                                                                \
    {                                                                                                                  \
        return use(row, index);                                                                                        \
    }                                                                                                                  \
    static enum top_style name##_style(const void *row)                                                                \
    {                                                                                                                  \
        return use_style(row, index);                                                                                  \
    }

RESOURCE(cpu, 0)
RESOURCE(memory, 1)
RESOURCE(disk, 2)
RESOURCE(app, 3)

static void past(const void *row, struct top_series *series)
{
    const struct top_group *group = row;

    *series = (struct top_series){.values = group->points, .count = group->point_count, .full = 1};
}

static void identify(const void *row, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", name(row));
}

static const struct top_column columns[] = {
    {.title = "GROUP", .width_min = 12, .width_max = 40, .text = name, .ascending = true},
    {.title = "MODE", .width_min = 8, .rank = 2, .text = mode, .ascending = true},
    {.title = "LIVE", .width_min = 5, .number = live, .format = top_format_count},
    {.title = "DESIRED", .width_min = 7, .number = desired, .format = top_format_count},
    {.title = "EXISTING", .width_min = 8, .rank = 9, .number = existing, .format = top_format_count},
    [TOP_GROUPS_CPU] = {.title = "CPU", .width_min = 4, .number = cpu, .format = top_format_share, .style = cpu_style},
    [TOP_GROUPS_MEMORY] = {.title = "MEM",
                           .width_min = 4,
                           .rank = 3,
                           .number = memory,
                           .format = top_format_share,
                           .style = memory_style},
    {.title = "DISK", .width_min = 4, .rank = 4, .number = disk, .format = top_format_share, .style = disk_style},
    {.title = "APP", .width_min = 4, .rank = 5, .number = app, .format = top_format_share, .style = app_style},
    [TOP_GROUPS_CONDITION] = {.title = "PROBLEMS",
                              .width_min = 16,
                              .width_max = 26,
                              .text = condition,
                              .number = condition_number,
                              .style = condition_style,
                              .ascending = true},
    {.title = "HISTORY", .width_min = 7, .width_max = TOP_GROUP_POINTS, .rank = 1, .series = past},
    {.title = "WHY", .width_min = 30, .width_max = 250, .rank = 10, .text = why, .ascending = true, .unsearched = true},
};

const struct top_table_kind top_groups_table = {
    .columns = columns,
    .count = sizeof columns / sizeof *columns,
    .row_size = sizeof(struct top_group),
    .identify = identify,
    .tie = name,
    .empty = "No groups: no agent has connected",
};
