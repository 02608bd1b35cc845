#include "collector/fleet/forwarders.h"

#include "common/format.h"
#include "common/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MS_MAX INT64_C(253402300799999) /* the end of the year 9999 */
#define BEHIND_MS   INT64_C(300000)
#define SILENT_MS   INT64_C(60000)
#define FORGET_MS   INT64_C(86400000)

#define OVERTAKEN_SHARE 0.8 /* of the retention */

const char *const forwarder_rows_names[FORWARDER_ROWS_COUNT] = {
    [FORWARDER_SETTLED] = "settled",     [FORWARDER_REFUSED] = "refused", [FORWARDER_FILTERED] = "filtered",
    [FORWARDER_UNSETTLED] = "unsettled", [FORWARDER_WAITING] = "waiting",
};

const char *const forwarder_condition_names[] = {
    [FORWARDER_OK] = "ok",
    [FORWARDER_BEHIND] = "behind",
    [FORWARDER_OVERTAKEN] = "overtaken",
    [FORWARDER_SILENT] = "silent",
};

/* ---- state files ---- */

static bool take_count(const json_t *object, const char *name, uint64_t *count)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *count = (uint64_t)json_integer_value(value);
    return true;
}

static bool take_ms(const json_t *object, const char *name, int64_t *ms)
{
    uint64_t count = 0;

    if (!take_count(object, name, &count) || count > (uint64_t)TIME_MS_MAX)
        return false;
    *ms = (int64_t)count;
    return true;
}

static bool take_name(const json_t *object, char name[NAME_LEN_MAX + 1])
{
    const char *text = json_string_value(json_object_get(object, "name"));

    if (text == NULL || !parse_name_ok(text, strlen(text)))
        return false;
    memcpy(name, text, strlen(text) + 1);
    return true;
}

/* A long one is cut. */
static bool take_problem(const json_t *object, char problem[FORWARDERS_PROBLEM_MAX])
{
    const char *text = json_string_value(json_object_get(object, "problem"));

    if (text == NULL)
        return false;
    snprintf(problem, FORWARDERS_PROBLEM_MAX, "%s", text);
    parse_to_ascii(problem);
    return true;
}

static bool take_rows(const json_t *object, uint64_t rows[FORWARDER_ROWS_COUNT])
{
    for (unsigned i = 0; i < FORWARDER_ROWS_COUNT; i++)
        if (!take_count(object, forwarder_rows_names[i], &rows[i]))
            return false;
    return true;
}

int forwarders_parse(const char *text, size_t len, struct forwarder_state *state)
{
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    struct forwarder_state found = {0};
    bool is_ok = take_name(object, found.name) && take_ms(object, "time_ms", &found.time_ms) &&
                 take_ms(object, "behind_ms", &found.behind_ms) &&
                 take_count(object, "bytes_behind", &found.bytes_behind) &&
                 take_count(json_object_get(object, "lost_to_retention"), "files", &found.lost_files) &&
                 take_rows(object, found.rows) && take_problem(object, found.problem);

    json_decref(object);
    if (!is_ok)
        return -EBADMSG;
    *state = found;
    return 0;
}

/* ---- conditions ---- */

int64_t forwarders_behind_ms(const struct forwarder *forwarder, int64_t now_ms)
{
    int64_t silent_ms = now_ms - forwarder->reported_ms;

    return forwarder->state.behind_ms + (silent_ms >= SILENT_MS ? silent_ms : 0);
}

/* The collector deletes a file that is older than `retain`, and the oldest ones above `retain-size`. */
double forwarders_retention_share(const struct forwarder *forwarder, const struct collector_config *config,
                                  int64_t now_ms)
{
    double share = NAN;

    if (config->retain_ms > 0)
        share = (double)forwarders_behind_ms(forwarder, now_ms) / (double)config->retain_ms;
    if (config->retain_bytes > 0)
        share = fmax(share, (double)forwarder->state.bytes_behind / (double)config->retain_bytes);
    return share;
}

static enum forwarder_condition condition_of(const struct forwarder *forwarder, const struct collector_config *config,
                                             int64_t now_ms)
{
    if (now_ms - forwarder->reported_ms >= SILENT_MS)
        return FORWARDER_SILENT;
    if (forwarders_retention_share(forwarder, config, now_ms) >= OVERTAKEN_SHARE)
        return FORWARDER_OVERTAKEN;
    return forwarder->state.behind_ms >= BEHIND_MS ? FORWARDER_BEHIND : FORWARDER_OK;
}

void forwarders_sentence(const struct forwarder *forwarder, int64_t now_ms, char *text, size_t size)
{
    const struct forwarder_state *state = &forwarder->state;
    const char *problem = state->problem[0] != '\0' ? state->problem : "it sends what is stored";
    char behind[48];
    char left[48];

    format_duration(forwarders_behind_ms(forwarder, now_ms), behind, sizeof behind);
    format_size(state->bytes_behind, left, sizeof left);
    switch (forwarder->condition) {
    case FORWARDER_OK:
        snprintf(text, size, "engine %s: the forwarder has caught up", state->name);
        break;
    case FORWARDER_BEHIND:
        snprintf(text, size, "engine %s: the forwarder is %s behind: %s", state->name, behind, problem);
        break;
    case FORWARDER_OVERTAKEN:
        snprintf(
            text, size,
            "engine %s: the forwarder is %s and %s behind; retain or retain-size will soon delete rows that it has "
            "not sent: %s",
            state->name, behind, left, problem);
        break;
    case FORWARDER_SILENT:
        snprintf(text, size, "engine %s: the forwarder has not reported for a minute; no rows are sent to it",
                 state->name);
        break;
    }
}

static void log_condition(const struct forwarder *forwarder, int64_t now_ms, forwarders_cb *cb)
{
    char line[2 * FORWARDERS_PROBLEM_MAX + NAME_LEN_MAX];

    forwarders_sentence(forwarder, now_ms, line, sizeof line);
    cb(forwarder->condition != FORWARDER_OK, line);
}

/* ---- the list ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct forwarder *)a)->state.name, ((const struct forwarder *)b)->state.name);
}

static struct forwarder *find(struct forwarders *forwarders, const char *name)
{
    for (unsigned i = 0; i < forwarders->count; i++)
        if (strcmp(forwarders->of[i].state.name, name) == 0)
            return &forwarders->of[i];
    return NULL;
}

static void take_one(struct forwarders *forwarders, const struct forwarder_state *state, int64_t now_ms)
{
    struct forwarder *forwarder = find(forwarders, state->name);

    if (forwarder == NULL && forwarders->count < FORWARDERS_MAX) {
        forwarder = &forwarders->of[forwarders->count++];
        *forwarder = (struct forwarder){.reported_ms = now_ms};
    } else if (forwarder != NULL && forwarder->state.time_ms != state->time_ms) {
        forwarder->reported_ms = now_ms;
    }
    if (forwarder != NULL)
        forwarder->state = *state;
}

static void forget_old(struct forwarders *forwarders, int64_t now_ms)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < forwarders->count; i++)
        if (now_ms - forwarders->of[i].reported_ms < FORGET_MS)
            forwarders->of[kept++] = forwarders->of[i];
    forwarders->count = kept;
}

void forwarders_take(struct forwarders *forwarders, const struct forwarder_state *found, unsigned count,
                     const struct collector_config *config, int64_t now_ms, forwarders_cb *cb)
{
    for (unsigned i = 0; i < count; i++)
        take_one(forwarders, &found[i], now_ms);
    forget_old(forwarders, now_ms);
    qsort(forwarders->of, forwarders->count, sizeof *forwarders->of, compare_names);
    for (unsigned i = 0; i < forwarders->count; i++) {
        struct forwarder *forwarder = &forwarders->of[i];
        enum forwarder_condition condition = condition_of(forwarder, config, now_ms);
        if (condition == forwarder->condition)
            continue;
        forwarder->condition = condition;
        log_condition(forwarder, now_ms, cb);
    }
}
