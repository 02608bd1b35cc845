#include "agent/metrics/app_source.h"

#include "agent/config/config.h"
#include "common/metric.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY_MIN 0.01 /* samples have two decimals */

struct state {
    const struct agent_config *config;
    struct node_record_file file;
    bool is_known; /* a file has been read: this one, */
    uint64_t inode;
    int64_t mtime_ms;
    uint64_t seen_ms;     /* which was there first at this uptime, */
    uint64_t seen_age_ms; /* and had this age */
};

static bool is_used(const struct agent_config *config)
{
    return config->app_file[0] != '\0';
}

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    state->config = config;
    state->file.path = config->app_file;
    return 0;
}

/* ---- what the file says ---- */

/* Takes a number off the text. Returns NULL, or what is wrong with it. */
static const char *take_number(const char **text, double *value)
{
    static const char space[] = " \t\r\n";

    *text += strspn(*text, space);
    size_t len = strcspn(*text, space);
    if (len == 0)
        return "has less than two numbers";
    if (parse_number(*text, len, value) < 0)
        return "has something else than numbers";
    if (*value < 0.0 || *value > METRIC_GAUGE_MAX)
        return "has a number that is negative or too large";
    *text += len;
    *text += strspn(*text, space);
    return NULL;
}

/* text: 0-terminated. */
static const char *parse(const char *text, double *load, double *capacity)
{
    const char *fault = take_number(&text, load);

    if (fault == NULL)
        fault = take_number(&text, capacity);
    if (fault == NULL && *text != '\0')
        fault = "has more than two numbers";
    if (fault == NULL && *capacity < CAPACITY_MIN)
        fault = "has a capacity below 0.01";
    return fault;
}

static const char *parse_record(const struct node_record *record, double *load, double *capacity)
{
    char text[NODE_RECORD_MAX + 1];

    if (record->text.len == 0)
        return "is empty; write another file and rename it";
    if (memchr(record->text.at, '\0', record->text.len) != NULL)
        return "has something else than numbers";
    memcpy(text, record->text.at, record->text.len);
    text[record->text.len] = '\0';
    return parse(text, load, capacity);
}

static const char *fault_of(int rc)
{
    if (rc == -EINVAL)
        return "is no regular file";
    if (rc == -EFBIG)
        return "is too large";
    if (rc == -EOPNOTSUPP)
        return "is on FUSE; use a file system in memory";
    return strerror(-rc);
}

/* ---- its age ---- */

static uint64_t age_max_ms(const struct agent_config *config)
{
    uint64_t age_ms = (uint64_t)config->interval_ms * APP_SOURCE_AGE_INTERVALS;

    return age_ms > APP_SOURCE_AGE_MS_MIN ? age_ms : APP_SOURCE_AGE_MS_MIN;
}

static bool is_same(const struct state *state, const struct node_record *record)
{
    return state->is_known && state->inode == record->inode && state->mtime_ms == record->mtime_ms;
}

/* The wall clock counts only when a file is new, so that a step of the clock makes no file old or young. */
static bool is_old(struct state *state, const struct node_record *record, uint64_t uptime_ms)
{
    if (!is_same(state, record)) {
        state->is_known = true;
        state->inode = record->inode;
        state->mtime_ms = record->mtime_ms;
        state->seen_ms = uptime_ms;
        state->seen_age_ms = record->age_ms < 0 ? 0 : (uint64_t)record->age_ms;
    }
    return state->seen_age_ms + (uptime_ms - state->seen_ms) > age_max_ms(state->config);
}

/* ---- reading ---- */

static const char *read_load(struct state *state, const struct node_source *node, uint64_t uptime_ms,
                             struct source_part *part)
{
    const struct node_record record = node->read_record(&state->file, node->arg);
    double load = 0.0;
    double capacity = 0.0;

    const char *fault = record.rc < 0 ? fault_of(record.rc) : parse_record(&record, &load, &capacity);
    if (fault != NULL)
        return fault;
    if (is_old(state, &record, uptime_ms))
        return "is too old: nothing has replaced it";
    sample_set_gauge(&part->metrics, METRIC_APP_LOAD, load);
    sample_set_gauge(&part->metrics, METRIC_APP_CAPACITY, capacity);
    return NULL;
}

static bool read_app(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;

    const char *fault = read_load(state, node, uptime_ms, part);
    if (fault != NULL)
        snprintf(part->complaint, sizeof part->complaint, "--app-file %.100s: %s", state->config->app_file, fault);
    return fault == NULL;
}

const struct source app_source = {
    .name = "the application's file",
    .state_size = sizeof(struct state),
    .is_used = is_used,
    .init = init,
    .read = read_app,
};
