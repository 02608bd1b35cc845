#include "collector/http/ingest.h"

#include "collector/fleet/membership.h"
#include "collector/store/csv.h"
#include "common/fields.h"
#include "common/parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#define INTERVAL_FIRST_MS 10000U /* until the second sample shows how often a node reports */
#define INTERVAL_LEAST_MS 1000
#define POSTED_ORIGIN     UINT64_MAX /* of no address */

#define TOO_LONG "the body must not exceed %zu bytes"

struct posted {
    const char *node_id; /* within the JSON */
    struct sample sample;
};

void ingest_init(struct ingest *ingest, struct intake_hub *hub, uint32_t random)
{
    *ingest = (struct ingest){.hub = hub, .instance = FIELDS_HTTP_INSTANCE << 32 | random};
}

/* ---- reading ---- */

/* A metric may be null or absent; anything else than a number is refused. Impossible numbers are removed later, as in
 * all samples. */
static int get_number(const json_t *object, const char *name, bool *there, double *number)
{
    const json_t *value = json_object_get(object, name);

    *there = value != NULL && !json_is_null(value);
    if (!*there)
        return 0;
    *number = json_number_value(value);
    return json_is_number(value) ? 0 : -EINVAL;
}

static int read_metric(const json_t *object, enum metric metric, struct sample *sample)
{
    bool there = false;
    double number = 0.0;

    int rc = get_number(object, metric_table[metric].column, &there, &number);
    if (rc < 0 || !there)
        return rc;
    if (metric_table[metric].kind != METRIC_COUNTER)
        sample_set_gauge(sample, metric, number);
    else if (number >= 0.0 && number < 0x1p63)
        sample_set_counter(sample, metric, (uint64_t)number);
    else
        return -EINVAL;
    return 0;
}

/* NULL: the sample is valid; else the name of the field that is not. */
static const char *read_posted(const json_t *object, struct posted *posted)
{
    const char *node_id = json_string_value(json_object_get(object, "node_id"));
    bool there = false;
    double seconds = 0.0;

    *posted = (struct posted){.node_id = node_id};
    if (node_id == NULL || !parse_name_ok(node_id, strlen(node_id)))
        return "node_id";
    if (get_number(object, "timestamp", &there, &seconds) < 0 || !there || fabs(seconds) > CSV_TIME_MS_MAX / 1000.0)
        return "timestamp";
    posted->sample.time_ms = llround(seconds * 1000.0);
    for (unsigned m = 0; m < METRIC_SEED_COUNT; m++)
        if (read_metric(object, m, &posted->sample) < 0)
            return metric_table[m].column;
    return NULL;
}

/* ---- taking ---- */

/* Checks before anything is changed, so that a refused body leaves no nodes behind. */
static bool may_take(const struct ingest *ingest, const struct posted *posted, size_t count, int64_t now_ms,
                     struct http_refusal *refusal)
{
    if (intake_room(ingest->hub) < count) {
        http_refusal_set(refusal, 503, "too many samples wait for the disk; try again later");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct node *node = registry_find_node(ingest->hub->registry, posted[i].node_id);
        if (node != NULL && node->intake != NULL) {
            http_refusal_set(refusal, 409, "an agent reports for node %s; stop one of the two", node->id);
            return false;
        }
        /* Else whoever may post could speak for each node whose agent is away, without its secret or its key. */
        if (node != NULL && ownership_is_held(&node->ownership, false, now_ms)) {
            http_refusal_set(refusal, 409, "an agent has reported for node %s within the last hour", node->id);
            return false;
        }
    }
    return true;
}

/* A new node, within the limit on them; those that are posted for count as of one origin. */
static struct node *add_node(struct intake_hub *hub, const char *node_id, int64_t now_ms)
{
    const struct newcomer newcomer = {
        .origin = POSTED_ORIGIN, .agents_max = hub->agents_max, .now_ms = (uint64_t)now_ms};

    if (!newcomers_allowed(&hub->newcomers, &newcomer)) {
        hub->account.limits[INTAKE_LIMIT_NEW_NODES]++;
        return NULL;
    }
    struct node *node = registry_ensure_node(hub->registry, node_id, INTERVAL_FIRST_MS, now_ms);
    if (node != NULL)
        newcomers_note(&hub->newcomers, &newcomer);
    return node;
}

/* The sample's node; an unknown one is created. */
static struct node *find_node(struct ingest *ingest, const struct posted *posted, const struct moment *when,
                              struct http_refusal *refusal)
{
    struct registry *registry = ingest->hub->registry;
    struct node *node = registry_find_node(registry, posted->node_id);

    if (node == NULL)
        node = add_node(ingest->hub, posted->node_id, when->now_ms);
    if (node != NULL && node->group == NULL) {
        struct group *group = registry_ensure_group(registry, INGEST_GROUP);
        if (group != NULL)
            registry_assign(registry, node, group);
    }
    if (node == NULL || node->group == NULL || registry_ensure_instance(node, ingest->instance) == NULL ||
        registry_ready_ring(registry, node) < 0) {
        http_refusal_set(refusal, 503, "no more nodes can be added; node %s is rejected", posted->node_id);
        return NULL;
    }
    return node;
}

/* Learns how often the node reports, and so how long it may be silent. */
static void note_interval(struct registry *registry, struct node *node, int64_t taken_ms)
{
    int64_t interval_ms = node->reported ? taken_ms - node->seen_ms : INTERVAL_FIRST_MS;

    if (interval_ms < INTERVAL_LEAST_MS)
        interval_ms = INTERVAL_LEAST_MS;
    if (interval_ms > POSTED_INTERVAL_MS_MAX)
        interval_ms = POSTED_INTERVAL_MS_MAX;
    if (interval_ms > 2 * (int64_t)node->interval_ms || 2 * interval_ms < (int64_t)node->interval_ms || !node->reported)
        node->interval_ms = (uint32_t)interval_ms;
    (void)registry_ready_ring(registry, node); /* on failure the ring keeps its length */
}

static void take(struct ingest *ingest, struct node *node, struct posted *posted, int64_t taken_ms)
{
    struct intake_hub *hub = ingest->hub;
    struct instance *instance = registry_find_instance(node, ingest->instance);
    struct sample *sample = &posted->sample;

    sample->seq = ++instance->received_seq;
    sample->uptime_ms = sample->time_ms > 0 ? (uint64_t)sample->time_ms : 0;
    hub->account.bad_values += sample_clean(sample);
    (void)backlog_add(hub->backlog, instance, node->group, sample); /* there is room */
    hub->account.samples++;
    hub->account.posted++;
    note_interval(hub->registry, node, taken_ms);
    membership_on_reading(node, taken_ms);
    if (node->ring.capacity > 0)
        ring_push(&node->ring, taken_ms, sample);
}

/* The newest sample of a body counts as taken now, whatever the node's clock shows; the others are older by their
 * distance to it. */
static const struct group *take_all(struct ingest *ingest, struct posted *posted, size_t count,
                                    const struct moment *when, struct http_refusal *refusal)
{
    struct node *node = NULL;
    int64_t newest_ms = 0;

    if (!may_take(ingest, posted, count, when->now_ms, refusal))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (find_node(ingest, &posted[i], when, refusal) == NULL)
            return NULL;
        if (posted[i].sample.time_ms > newest_ms)
            newest_ms = posted[i].sample.time_ms;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t age_ms = newest_ms - posted[i].sample.time_ms;
        node = find_node(ingest, &posted[i], when, refusal); /* again: a node created since may have replaced it */
        if (node == NULL)
            return NULL;
        if (posted[i].sample.time_ms < 0) {
            posted[i].sample.time_ms = when->wall_ms;
            ingest->hub->account.bad_values++;
        }
        take(ingest, node, &posted[i], when->now_ms - (age_ms < SAMPLE_AGE_MS_MAX ? age_ms : SAMPLE_AGE_MS_MAX));
    }
    return node->group;
}

static const struct group *take_json(struct ingest *ingest, const json_t *root, const struct moment *when,
                                     struct http_refusal *refusal)
{
    size_t count = json_is_array(root) ? json_array_size(root) : 1;
    const struct group *group = NULL;

    if (count == 0 || count > INGEST_SAMPLES_MAX) {
        http_refusal_set(refusal, 422, "an array must contain 1 to %u samples, got %zu", INGEST_SAMPLES_MAX, count);
        return NULL;
    }
    struct posted *posted = calloc(count, sizeof *posted);
    if (posted == NULL) {
        http_refusal_set(refusal, 503, "out of memory");
        return NULL;
    }
    const char *wrong = NULL;
    for (size_t i = 0; i < count && wrong == NULL; i++) {
        wrong = read_posted(json_is_array(root) ? json_array_get(root, i) : root, &posted[i]);
        if (wrong != NULL)
            http_refusal_set(refusal, 422, "sample %zu: %s is missing or invalid", i, wrong);
    }
    if (wrong == NULL)
        group = take_all(ingest, posted, count, when, refusal);
    free(posted);
    return group;
}

const struct group *ingest_take(struct ingest *ingest, const struct ingest_body *body, const struct moment *when,
                                struct http_refusal *refusal)
{
    json_error_t error;

    if (body->is_too_long) {
        http_refusal_set(refusal, 413, TOO_LONG, INGEST_BODY_MAX);
        return NULL;
    }
    json_t *root = json_loadb(body->bytes, body->len, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        http_refusal_set(refusal, 400, "not JSON: %s at byte %d", error.text, error.position);
        return NULL;
    }
    const struct group *group = take_json(ingest, root, when, refusal);
    json_decref(root);
    return group;
}

/* ---- the body ---- */

/* A browser asks its user's permission before it posts JSON to another site, and gets none here: so no page in a
 * browser on this machine can post samples. */
int ingest_body_begin(struct ingest_body *body, const char *type, const char *length, struct http_refusal *refusal)
{
    static const char json[] = "application/json";

    if (type == NULL || strncasecmp(type, json, sizeof json - 1) != 0)
        http_refusal_set(refusal, 415, "samples must be sent as application/json");
    else if (length != NULL && strtoull(length, NULL, 10) > INGEST_BODY_MAX)
        http_refusal_set(refusal, 413, TOO_LONG, INGEST_BODY_MAX);
    else if ((body->bytes = malloc(INGEST_BODY_MAX)) == NULL)
        http_refusal_set(refusal, 503, "out of memory");
    else
        return 0;
    return -EINVAL;
}

void ingest_body_add(struct ingest_body *body, const char *data, size_t len)
{
    if (body->bytes == NULL || len > INGEST_BODY_MAX - body->len) {
        body->is_too_long = true;
        return;
    }
    memcpy(body->bytes + body->len, data, len);
    body->len += len;
}

void ingest_body_free(struct ingest_body *body)
{
    free(body->bytes);
    *body = (struct ingest_body){0};
}

/* ---- the answer ---- */

static void put_scaling_decision(struct writer *writer, const struct decision_history_group *history,
                                 const struct group *group)
{
    static const char *const actions[] = {"hold", "scale_up", "scale_down"}; /* the Python system's names */
    const struct decision *last = &history->last;
    unsigned desired = 0;
    char why[DECISION_SENTENCE_MAX];

    if (!decision_history_desired(history, &desired)) {
        writer_put(writer, "null");
        return;
    }
    decision_sentence(last, group->name, why, sizeof why);
    writer_putf(writer, "{\"action\":\"%s\",\"group\":\"%s\",\"current_nodes\":%u,\"desired_nodes\":%u,\"reason\":",
                actions[last->action], group->name, last->current, desired);
    writer_put_string(writer, why);
    writer_put(writer, "}");
}

void ingest_put_received(struct writer *writer, const struct decision_history *history, const struct group *group)
{
    writer_put(writer, "{\"status\":\"received\",\"scaling_decision\":");
    put_scaling_decision(writer, &history->groups[group->index], group);
    writer_put(writer, "}\n");
}
