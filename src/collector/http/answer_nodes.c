#include "collector/http/answer_nodes.h"

#include "collector/fleet/fs_outlook.h"
#include "collector/fleet/node_outlook.h"
#include "collector/http/answer.h"
#include "common/fields.h"
#include "common/sha256.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NODES_DEFAULT 100U
#define SENTENCE_MAX  256U

/* ---- one node ---- */

static enum liveness liveness_of(const struct answer *answer, const struct node *node)
{
    return registry_liveness(node, answer->when.now_ms, answer->world->config->gone_ms);
}

/* Of its newest sample. */
static double newest(const struct node *node, enum metric metric)
{
    return node->ring.count > 0 ? ring_value(&node->ring, node->ring.count - 1, metric) : NAN;
}

static void put_metrics(struct writer *writer, const struct node *node)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        answer_put_key(writer, http_column_names[HTTP_COLUMN_METRIC + m], m == 0);
        answer_put_metric(writer, m, newest(node, m));
    }
}

/* The resources of a live node that are above the group's `high`, and fs if its fullest file system fills up. */
static void put_above(struct answer *answer, const struct node *node)
{
    const char *group = node->group != NULL ? node->group->name : "";
    const struct scaler_settings *settings = collector_config_group(answer->world->config, group);
    struct writer *writer = &answer->writer;
    bool first = true;

    writer_put(writer, "[");
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT && liveness_of(answer, node) == NODE_LIVE; r++) {
        if (!node_outlook_is_high(node, settings, r))
            continue;
        writer_put(writer, first ? "" : ",");
        writer_put_string(writer, resource_names[r]);
        first = false;
    }
    if (node->fills && liveness_of(answer, node) == NODE_LIVE)
        writer_put(writer, first ? "\"fs\"" : ",\"fs\"");
    writer_put(writer, "]");
}

/* When the certificate of its connected agent expires, and whether that is soon. */
static void put_certificate(struct answer *answer, const struct node *node)
{
    const struct certificate_claim *certificate = node->intake != NULL ? intake_certificate(node->intake) : NULL;

    if (certificate == NULL) {
        writer_put(&answer->writer, ",\"certificate\":null");
        return;
    }
    writer_putf(&answer->writer, ",\"certificate\":{\"expires_ms\":%" PRId64 ",\"soon\":%s}",
                certificate->not_after_s * 1000,
                certificate_claim_ends_soon(certificate, answer->when.wall_ms / 1000) ? "true" : "false");
}

static void put_fields(struct answer *answer, const struct node *node)
{
    struct writer *writer = &answer->writer;

    writer_putf(writer, "\"id\":\"%s\",\"index\":%u,\"group\":", node->id, node->index);
    if (node->group != NULL)
        writer_put_string(writer, node->group->name);
    else
        writer_put(writer, "null");
    writer_putf(writer, ",\"state\":\"%s\",\"connected\":%s", liveness_names[liveness_of(answer, node)],
                node->intake != NULL ? "true" : "false");
    writer_putf(writer, ",\"seen_ms\":%" PRId64 ",\"age_ms\":%" PRId64, answer_wall_ms(answer, node->seen_ms),
                answer->when.now_ms - node->seen_ms);
    writer_putf(writer, ",\"interval_ms\":%" PRIu32 ",\"report_ms\":%" PRIu32 ",\"protected\":%s", node->interval_ms,
                registry_report_ms(node), node->protects ? "true" : "false");
    put_certificate(answer, node);
    writer_put(writer, ",\"cores\":");
    writer_put_number(writer, node->cpu_milli > 0 ? node->cpu_milli / 1000.0 : NAN, 3);
    writer_put(writer, ",\"memory_bytes\":");
    writer_put_number(writer, node->memory_bytes > 0 ? (double)node->memory_bytes : NAN, 0);
    writer_put(writer, ",\"above\":");
    put_above(answer, node);
    writer_put(writer, ",\"metrics\":{");
    put_metrics(writer, node);
    writer_put(writer, "}");
}

void answer_nodes_begin_known(struct answer *answer)
{
    if (registry_find_node(answer->world->registry, answer->query.name) == NULL)
        answer_fail(answer, 404, "unknown node %s", answer->query.name);
}

/* For an agent without a secret its instance is one: readers see a digest. A posted one says only how it came. */
static uint64_t shown_instance(uint64_t id)
{
    uint8_t digest[SHA256_LEN];
    uint64_t shown;

    if (fields_instance_is_http(id))
        return id;
    sha256((const uint8_t *)&id, sizeof id, digest);
    memcpy(&shown, digest, sizeof shown);
    return shown;
}

static void put_instance(struct writer *writer, const struct instance *instance, bool first)
{
    const struct agent_account *account = &instance->account;
    char id[FIELDS_INSTANCE_LEN];

    fields_put_instance(id, shown_instance(instance->id));
    writer_putf(
        writer, "%s{\"instance\":\"%.*s\",\"received_seq\":%" PRIu64 ",\"stored_seq\":%" PRIu64 ",\"pending\":%" PRIu32,
        first ? "" : ",", FIELDS_INSTANCE_LEN, id, instance->received_seq, instance->stored_seq, instance->pending);
    writer_putf(writer,
                ",\"produced\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"acknowledged\":%" PRIu64 ",\"dropped\":%" PRIu64
                ",\"waiting\":%" PRIu64 ",\"heard\":%s,\"left\":%s}",
                account->produced, account->sent, account->acknowledged, agent_account_dropped(account),
                agent_account_waiting(account), instance->heard ? "true" : "false", instance->left ? "true" : "false");
}

/* One resource: the value at the group's horizon with its interval, when its limit is reached, and a sentence if that
 * is soon or if the resource is above `high`. */
static void put_resource_outlook(struct answer *answer, const struct node *node, const struct scaler_settings *settings,
                                 enum resource resource)
{
    static const char *const names[] = {"now", "expected", "low", "high"};
    struct outlook outlook = node_outlook(node, settings, resource, answer->when.now_ms);
    struct writer *writer = &answer->writer;
    char why[SENTENCE_MAX];

    if (!outlook.valid) {
        writer_put(writer, "null");
        return;
    }
    struct outlook_interval interval = outlook_interval(&outlook);
    const double numbers[] = {outlook.now, outlook.at, interval.low, interval.high};
    writer_put(writer, "{");
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        answer_put_key(writer, names[i], i == 0);
        writer_put_number(writer, numbers[i], 4);
    }
    answer_put_key(writer, "limit_in_s", false);
    writer_put_number(writer, outlook.until_s, 0);
    answer_put_key(writer, "soon", false);
    if (node_outlook_is_news(node, settings, resource, &outlook)) {
        node_outlook_sentence(node, settings, resource, &outlook, why, sizeof why);
        writer_put_string(writer, why);
    } else {
        writer_put(writer, "null");
    }
    writer_put(writer, "}");
}

static void put_fs_outlook(struct answer *answer, const struct node *node)
{
    struct fs_outlook outlook = fs_outlook_of(node, answer->when.now_ms);
    struct writer *writer = &answer->writer;
    char why[SENTENCE_MAX];

    answer_put_key(writer, "fs", false);
    if (isnan(outlook.now)) {
        writer_put(writer, "null");
        return;
    }
    writer_put(writer, "{\"now\":");
    writer_put_number(writer, outlook.now, 4);
    writer_put(writer, ",\"limit_in_s\":");
    writer_put_number(writer, outlook.until_s, 0);
    writer_put(writer, ",\"soon\":");
    if (fs_outlook_level(node) != FS_OUTLOOK_NONE) {
        fs_outlook_sentence(node, &outlook, why, sizeof why);
        writer_put_string(writer, why);
    } else {
        writer_put(writer, "null");
    }
    writer_put(writer, "}");
}

static void put_outlook(struct answer *answer, const struct node *node)
{
    const char *group = node->group != NULL ? node->group->name : "";
    const struct scaler_settings *settings = collector_config_group(answer->world->config, group);

    writer_put(&answer->writer, ",\"outlook\":{");
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        answer_put_key(&answer->writer, resource_names[r], r == 0);
        put_resource_outlook(answer, node, settings, r);
    }
    put_fs_outlook(answer, node);
    writer_put(&answer->writer, "}");
}

void answer_nodes_make_one(struct answer *answer)
{
    const struct node *node = registry_find_node(answer->world->registry, answer->query.name);
    struct writer *writer = &answer->writer;
    bool first = true;

    answer->done = true;
    if (node == NULL) /* forgotten since the answer began */
        return;
    writer_putf(writer, "{\"now_ms\":%" PRId64 ",", answer->begun.wall_ms);
    put_fields(answer, node);
    put_outlook(answer, node);
    writer_putf(writer, ",\"clock_skew_ms\":%" PRId32 ",\"clock_off\":%s,\"instances\":[", node->skew_ms,
                node->clock_off != 0 ? "true" : "false");
    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next) {
        put_instance(writer, instance, first);
        first = false;
    }
    writer_put(writer, "]}\n");
}

/* ---- all nodes ---- */

static bool is_wanted(const struct answer *answer, const struct node *node)
{
    const struct http_query *query = &answer->query;

    if (query->group[0] != '\0' && (node->group == NULL || strcmp(node->group->name, query->group) != 0))
        return false;
    return query->state < 0 || query->state == (int)liveness_of(answer, node);
}

static void put_cell(struct answer *answer, const struct node *node, unsigned column)
{
    struct writer *writer = &answer->writer;

    switch (column) {
    case HTTP_COLUMN_INDEX:
        writer_put_unsigned(writer, node->index);
        break;
    case HTTP_COLUMN_ID:
        writer_put_string(writer, node->id);
        break;
    case HTTP_COLUMN_GROUP:
        writer_put_string(writer, node->group != NULL ? node->group->name : "");
        break;
    case HTTP_COLUMN_STATE:
        writer_put_string(writer, liveness_names[liveness_of(answer, node)]);
        break;
    case HTTP_COLUMN_AGE:
        writer_put_signed(writer, answer->when.now_ms - node->seen_ms);
        break;
    case HTTP_COLUMN_ABOVE:
        put_above(answer, node);
        break;
    default:
        answer_put_metric(writer, column - HTTP_COLUMN_METRIC, newest(node, column - HTTP_COLUMN_METRIC));
        break;
    }
}

static bool put_listed(struct answer *answer, unsigned at, bool first)
{
    const struct node *node = answer->world->registry->nodes[at];
    struct writer *writer = &answer->writer;

    if (!is_wanted(answer, node))
        return false;
    writer_put(writer, first ? "\n" : ",\n");
    if (answer->query.column_count == 0) {
        writer_put(writer, "{");
        put_fields(answer, node);
        writer_put(writer, "}");
        return true;
    }
    for (unsigned i = 0; i < answer->query.column_count; i++) {
        writer_put(writer, i == 0 ? "[" : ",");
        put_cell(answer, node, answer->query.columns[i]);
    }
    writer_put(writer, "]");
    return true;
}

static void put_columns(struct writer *writer, const struct http_query *query)
{
    for (unsigned i = 0; i < query->column_count; i++) {
        writer_put(writer, i == 0 ? "" : ",");
        writer_put_string(writer, http_column_names[query->columns[i]]);
    }
}

static void begin_nodes(struct answer *answer)
{
    struct writer *writer = &answer->writer;

    writer_putf(writer, "{\"now_ms\":%" PRId64 ",\"roster\":%" PRIu64 ",\"columns\":[", answer->begun.wall_ms,
                answer->world->registry->roster);
    put_columns(writer, &answer->query);
    writer_put(writer, "],\"nodes\":[");
    answer->cursor.at = answer->query.after;
    if (answer->query.limit == 0 && answer->query.column_count == 0)
        answer->limit = NODES_DEFAULT;
    answer->cursor.opened = true;
}

void answer_nodes_make(struct answer *answer)
{
    const struct registry *registry = answer->world->registry;
    char end[48];

    if (!answer->cursor.opened)
        begin_nodes(answer);
    if (!answer_put_items(answer, registry->node_count, put_listed))
        return;
    if (answer->cursor.at < registry->node_count)
        snprintf(end, sizeof end, "\n],\"next\":%u}\n", answer->cursor.at);
    else
        snprintf(end, sizeof end, "\n],\"next\":null}\n");
    answer_end(answer, end);
}

/* ---- the past of a node ---- */

static void begin_node_series(struct answer *answer)
{
    struct http_query *query = &answer->query;

    if (query->column_count == 0)
        for (unsigned m = 0; m < METRIC_COUNT; m++)
            query->columns[query->column_count++] = (uint8_t)(HTTP_COLUMN_METRIC + m);
    writer_putf(&answer->writer, "{\"now_ms\":%" PRId64 ",\"columns\":[\"time_ms\",", answer->begun.wall_ms);
    put_columns(&answer->writer, query);
    writer_put(&answer->writer, "],\"rows\":[");
    answer->cursor.opened = true;
}

/* The index of the first sample after the time. */
static unsigned first_after(const struct ring *ring, int64_t since_ms)
{
    unsigned low = 0;
    unsigned high = ring->count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (ring_time_ms(ring, middle) <= since_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_sample(struct answer *answer, const struct ring *ring, unsigned at)
{
    struct writer *writer = &answer->writer;

    writer_put(writer, answer->cursor.count == 0 ? "\n[" : ",\n[");
    writer_put_signed(writer, answer_wall_ms(answer, ring_time_ms(ring, at)));
    for (unsigned i = 0; i < answer->query.column_count; i++) {
        enum metric metric = answer->query.columns[i] - HTTP_COLUMN_METRIC;
        writer_put(writer, ",");
        answer_put_metric(writer, metric, ring_value(ring, at, metric));
    }
    writer_put(writer, "]");
}

/* Samples come and go while the answer is sent: each piece continues after the time of the last sample put. A node that
 * is forgotten meanwhile has no more samples. */
void answer_nodes_make_series(struct answer *answer)
{
    const struct node *node = registry_find_node(answer->world->registry, answer->query.name);

    if (!answer->cursor.opened)
        begin_node_series(answer);
    for (unsigned i = node != NULL ? first_after(&node->ring, answer->cursor.after_ms) : 0;
         node != NULL && i < node->ring.count; i++) {
        size_t mark = answer->writer.len;
        put_sample(answer, &node->ring, i);
        if (answer->writer.full) {
            writer_cut(&answer->writer, mark);
            return;
        }
        answer->cursor.count++;
        answer->cursor.after_ms = ring_time_ms(&node->ring, i);
    }
    answer_end(answer, "\n]}\n");
}

/* ---- in the format of the Python system ---- */

static void put_counter(struct writer *writer, const struct ring *ring, enum metric metric)
{
    uint64_t counter = 0;

    if (ring_last_counter(ring, metric, &counter))
        writer_put_unsigned(writer, counter);
    else
        writer_put(writer, "null");
}

static bool put_latest(struct answer *answer, unsigned at, bool first)
{
    const struct node *node = answer->world->registry->nodes[at];
    struct writer *writer = &answer->writer;

    if (node->ring.count == 0)
        return false;
    writer_putf(writer, "%s\n\"%s\":{\"node_id\":\"%s\",\"cpu\":", first ? "" : ",", node->id, node->id);
    answer_put_metric(writer, METRIC_CPU, newest(node, METRIC_CPU));
    writer_put(writer, ",\"memory\":");
    answer_put_metric(writer, METRIC_MEMORY, newest(node, METRIC_MEMORY));
    writer_put(writer, ",\"disk_read\":");
    put_counter(writer, &node->ring, METRIC_DISK_READ);
    writer_put(writer, ",\"disk_write\":");
    put_counter(writer, &node->ring, METRIC_DISK_WRITE);
    writer_put(writer, ",\"timestamp\":");
    writer_put_number(writer, (double)answer_wall_ms(answer, ring_time_ms(&node->ring, node->ring.count - 1)) / 1000.0,
                      3);
    writer_put(writer, "}");
    return true;
}

void answer_nodes_make_latest(struct answer *answer)
{
    if (!answer->cursor.opened)
        writer_put(&answer->writer, "{");
    answer->cursor.opened = true;
    if (answer_put_items(answer, answer->world->registry->node_count, put_latest))
        answer_end(answer, "\n}\n");
}
