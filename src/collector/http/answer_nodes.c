#include "collector/fleet/node_outlook.h"
#include "collector/http/answer_parts.h"
#include "collector/store/fields.h"

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

static void put_metrics(struct piece *piece, const struct node *node)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        answer_put_key(piece, http_column_names[HTTP_COLUMN_METRIC + m], m == 0);
        answer_put_metric(piece, m, newest(node, m));
    }
}

static void put_fields(struct answer *answer, const struct node *node)
{
    struct piece *piece = &answer->piece;

    piece_putf(piece, "\"id\":\"%s\",\"index\":%u,\"group\":", node->id, node->index);
    if (node->group != NULL)
        piece_put_string(piece, node->group->name);
    else
        piece_put(piece, "null");
    piece_putf(piece, ",\"state\":\"%s\",\"connected\":%s", liveness_names[liveness_of(answer, node)],
               node->intake != NULL ? "true" : "false");
    piece_putf(piece, ",\"seen_ms\":%" PRId64 ",\"age_ms\":%" PRId64 ",\"interval_ms\":%" PRIu32 ",\"cores\":",
               answer_wall_ms(answer, node->seen_ms), answer->when.now_ms - node->seen_ms, node->interval_ms);
    piece_put_number(piece, node->cores > 0 ? (double)node->cores : NAN, 0);
    piece_put(piece, ",\"memory_bytes\":");
    piece_put_number(piece, node->memory_bytes > 0 ? (double)node->memory_bytes : NAN, 0);
    piece_put(piece, ",\"metrics\":{");
    put_metrics(piece, node);
    piece_put(piece, "}");
}

void answer_begin_node(struct answer *answer)
{
    if (registry_find_node(answer->world->registry, answer->request.name) == NULL)
        answer_fail(answer, 404, "no node %s is known", answer->request.name);
}

static void put_instance(struct piece *piece, const struct instance *instance, bool first)
{
    const struct agent_account *account = &instance->account;
    char id[FIELDS_INSTANCE_LEN];

    fields_put_instance(id, instance->id);
    piece_putf(
        piece, "%s{\"instance\":\"%.*s\",\"received_seq\":%" PRIu64 ",\"stored_seq\":%" PRIu64 ",\"pending\":%" PRIu32,
        first ? "" : ",", FIELDS_INSTANCE_LEN, id, instance->received_seq, instance->stored_seq, instance->pending);
    piece_putf(piece,
               ",\"produced\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"acknowledged\":%" PRIu64 ",\"dropped\":%" PRIu64
               ",\"waiting\":%" PRIu64 ",\"heard\":%s,\"left\":%s}",
               account->produced, account->sent, account->acknowledged, agent_account_dropped(account),
               agent_account_waiting(account), instance->heard ? "true" : "false", instance->left ? "true" : "false");
}

/* One resource: the value at the group's horizon with its interval, and when its limit is reached. */
static void put_resource_outlook(struct answer *answer, const struct node *node, const struct scaler_settings *settings,
                                 enum resource resource)
{
    static const char *const names[] = {"now", "expected", "low", "high"};
    struct outlook outlook = node_outlook(node, settings, resource, answer->when.now_ms);
    const double numbers[] = {outlook.now, outlook.at, outlook.low, outlook.high};
    struct piece *piece = &answer->piece;
    char why[SENTENCE_MAX];

    if (!outlook.valid) {
        piece_put(piece, "null");
        return;
    }
    piece_put(piece, "{");
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        answer_put_key(piece, names[i], i == 0);
        piece_put_number(piece, numbers[i], 4);
    }
    answer_put_key(piece, "limit_in_s", false);
    piece_put_number(piece, outlook.until_s, 0);
    answer_put_key(piece, "soon", false);
    if (node_outlook_is_soon(settings, resource, &outlook)) {
        node_outlook_sentence(node, settings, resource, &outlook, why, sizeof why);
        piece_put_string(piece, why);
    } else {
        piece_put(piece, "null");
    }
    piece_put(piece, "}");
}

static void put_outlook(struct answer *answer, const struct node *node)
{
    const char *group = node->group != NULL ? node->group->name : "";
    const struct scaler_settings *settings = collector_config_group(answer->world->config, group);

    piece_put(&answer->piece, ",\"outlook\":{");
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        answer_put_key(&answer->piece, resource_names[r], r == 0);
        put_resource_outlook(answer, node, settings, r);
    }
    piece_put(&answer->piece, "}");
}

void answer_make_node(struct answer *answer)
{
    const struct node *node = registry_find_node(answer->world->registry, answer->request.name);
    struct piece *piece = &answer->piece;
    bool first = true;

    answer->done = true;
    if (node == NULL) /* forgotten since the answer began */
        return;
    piece_putf(piece, "{\"now_ms\":%" PRId64 ",", answer->begun.wall_ms);
    put_fields(answer, node);
    put_outlook(answer, node);
    piece_putf(piece, ",\"clock_skew_ms\":%" PRId64 ",\"clock_off\":%s,\"instances\":[", node->skew_ms,
               node->clock_off != 0 ? "true" : "false");
    for (const struct instance *instance = node->instances; instance != NULL; instance = instance->next) {
        put_instance(piece, instance, first);
        first = false;
    }
    piece_put(piece, "]}\n");
}

/* ---- all nodes ---- */

static bool is_wanted(const struct answer *answer, const struct node *node)
{
    const struct http_request *request = &answer->request;

    if (request->group[0] != '\0' && (node->group == NULL || strcmp(node->group->name, request->group) != 0))
        return false;
    return request->state < 0 || request->state == (int)liveness_of(answer, node);
}

static void put_cell(struct answer *answer, const struct node *node, unsigned column)
{
    struct piece *piece = &answer->piece;

    switch (column) {
    case HTTP_COLUMN_INDEX:
        piece_put_unsigned(piece, node->index);
        break;
    case HTTP_COLUMN_ID:
        piece_put_string(piece, node->id);
        break;
    case HTTP_COLUMN_GROUP:
        piece_put_string(piece, node->group != NULL ? node->group->name : "");
        break;
    case HTTP_COLUMN_STATE:
        piece_put_string(piece, liveness_names[liveness_of(answer, node)]);
        break;
    case HTTP_COLUMN_AGE:
        piece_put_signed(piece, answer->when.now_ms - node->seen_ms);
        break;
    default:
        answer_put_metric(piece, column - HTTP_COLUMN_METRIC, newest(node, column - HTTP_COLUMN_METRIC));
        break;
    }
}

static bool put_listed(struct answer *answer, unsigned at, bool first)
{
    const struct node *node = answer->world->registry->nodes[at];
    struct piece *piece = &answer->piece;

    if (!is_wanted(answer, node))
        return false;
    piece_put(piece, first ? "\n" : ",\n");
    if (answer->request.column_count == 0) {
        piece_put(piece, "{");
        put_fields(answer, node);
        piece_put(piece, "}");
        return true;
    }
    for (unsigned i = 0; i < answer->request.column_count; i++) {
        piece_put(piece, i == 0 ? "[" : ",");
        put_cell(answer, node, answer->request.columns[i]);
    }
    piece_put(piece, "]");
    return true;
}

static void put_columns(struct piece *piece, const struct http_request *request)
{
    for (unsigned i = 0; i < request->column_count; i++) {
        piece_put(piece, i == 0 ? "" : ",");
        piece_put_string(piece, http_column_names[request->columns[i]]);
    }
}

static void begin_nodes(struct answer *answer)
{
    struct piece *piece = &answer->piece;

    piece_putf(piece, "{\"now_ms\":%" PRId64 ",\"roster\":%" PRIu64 ",\"columns\":[", answer->begun.wall_ms,
               answer->world->registry->roster);
    put_columns(piece, &answer->request);
    piece_put(piece, "],\"nodes\":[");
    answer->at = answer->request.after;
    if (answer->request.limit == 0 && answer->request.column_count == 0)
        answer->limit = NODES_DEFAULT;
    answer->step = 1;
}

void answer_make_nodes(struct answer *answer)
{
    const struct registry *registry = answer->world->registry;
    char end[48];

    if (answer->step == 0)
        begin_nodes(answer);
    if (!answer_put_items(answer, registry->node_count, put_listed))
        return;
    if (answer->at < registry->node_count)
        (void)snprintf(end, sizeof end, "\n],\"next\":%u}\n", answer->at);
    else
        (void)snprintf(end, sizeof end, "\n],\"next\":null}\n");
    answer_end(answer, end);
}

/* ---- the past of a node ---- */

static void begin_node_series(struct answer *answer)
{
    struct http_request *request = &answer->request;

    if (request->column_count == 0)
        for (unsigned m = 0; m < METRIC_COUNT; m++)
            request->columns[request->column_count++] = (uint8_t)(HTTP_COLUMN_METRIC + m);
    piece_putf(&answer->piece, "{\"now_ms\":%" PRId64 ",\"columns\":[\"time_ms\",", answer->begun.wall_ms);
    put_columns(&answer->piece, request);
    piece_put(&answer->piece, "],\"rows\":[");
    answer->step = 1;
}

/* The first sample after the time. */
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
    struct piece *piece = &answer->piece;

    piece_put(piece, answer->count == 0 ? "\n[" : ",\n[");
    piece_put_signed(piece, answer_wall_ms(answer, ring_time_ms(ring, at)));
    for (unsigned i = 0; i < answer->request.column_count; i++) {
        enum metric metric = answer->request.columns[i] - HTTP_COLUMN_METRIC;
        piece_put(piece, ",");
        answer_put_metric(piece, metric, ring_value(ring, at, metric));
    }
    piece_put(piece, "]");
}

/* Samples come and go while it is sent: it goes on after the time of the last one. A node that is forgotten meanwhile
 * has no more. */
void answer_make_node_series(struct answer *answer)
{
    const struct node *node = registry_find_node(answer->world->registry, answer->request.name);

    if (answer->step == 0)
        begin_node_series(answer);
    for (unsigned i = node != NULL ? first_after(&node->ring, answer->since_ms) : 0;
         node != NULL && i < node->ring.count; i++) {
        size_t mark = answer->piece.len;
        put_sample(answer, &node->ring, i);
        if (answer->piece.full) {
            piece_cut(&answer->piece, mark);
            return;
        }
        answer->count++;
        answer->since_ms = ring_time_ms(&node->ring, i);
    }
    answer_end(answer, "\n]}\n");
}

/* ---- as the Python system said it ---- */

static void put_counter(struct piece *piece, const struct ring *ring, enum metric metric)
{
    uint64_t counter = 0;

    if (ring_last_counter(ring, metric, &counter))
        piece_put_unsigned(piece, counter);
    else
        piece_put(piece, "null");
}

static bool put_latest(struct answer *answer, unsigned at, bool first)
{
    const struct node *node = answer->world->registry->nodes[at];
    struct piece *piece = &answer->piece;

    if (node->ring.count == 0)
        return false;
    piece_putf(piece, "%s\n\"%s\":{\"node_id\":\"%s\",\"cpu\":", first ? "" : ",", node->id, node->id);
    answer_put_metric(piece, METRIC_CPU, newest(node, METRIC_CPU));
    piece_put(piece, ",\"memory\":");
    answer_put_metric(piece, METRIC_MEMORY, newest(node, METRIC_MEMORY));
    piece_put(piece, ",\"disk_read\":");
    put_counter(piece, &node->ring, METRIC_DISK_READ);
    piece_put(piece, ",\"disk_write\":");
    put_counter(piece, &node->ring, METRIC_DISK_WRITE);
    piece_put(piece, ",\"timestamp\":");
    piece_put_number(piece, (double)answer_wall_ms(answer, ring_time_ms(&node->ring, node->ring.count - 1)) / 1000.0,
                     3);
    piece_put(piece, "}");
    return true;
}

void answer_make_latest(struct answer *answer)
{
    if (answer->step == 0)
        piece_put(&answer->piece, "{");
    answer->step = 1;
    if (answer_put_items(answer, answer->world->registry->node_count, put_latest))
        answer_end(answer, "\n}\n");
}
