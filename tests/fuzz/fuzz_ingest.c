/* Samples posted as JSON: a body is taken whole or not at all, and what is taken of it can be read back from the disk.
 */
#include "collector/http/ingest.h"
#include "collector/store/csv.h"
#include "common/parse.h"
#include "fuzz/fuzz.h"
#include "support/hub.h"

#include <string.h>

#define ROWS 300U

static const struct moment now = {.now_ms = 1000000, .wall_ms = INT64_C(1764000000000)};

static void check_rows(const struct hub *hub)
{
    char line[CSV_LINE_MAX];
    struct csv_row row;

    for (uint32_t i = 0; i < hub->row_count; i++) {
        const struct row *stored = &hub->rows[i];
        const struct node *node = stored->instance->node;
        size_t len = csv_put_row(node->id, stored->group->name, stored->instance->id, &stored->sample, line);
        MUST(csv_parse_row(line, len - 1, &row) == 0);
        MUST(strcmp(row.node_id, node->id) == 0 && row.sample.seq == stored->sample.seq);
        MUST(row.sample.time_ms == stored->sample.time_ms && row.sample.present == stored->sample.present);
        MUST(node->seen_ms <= now.now_ms && node->interval_ms >= 1);
    }
}

static void post(struct ingest *ingest, struct hub *hub, const char *text, size_t len)
{
    struct ingest_body body = {0};
    struct http_refusal refusal = {0};
    unsigned nodes = hub->registry.node_count;

    MUST(ingest_body_begin(&body, "application/json; charset=utf-8", NULL, &refusal) == 0);
    ingest_body_add(&body, text, len / 3);
    ingest_body_add(&body, text + len / 3, len - len / 3);
    const struct group *group = ingest_take(ingest, &body, &now, &refusal);
    ingest_body_free(&body);
    hub_store_begin(hub);
    if (group != NULL) {
        MUST(hub->row_count >= 1 && hub->row_count <= INGEST_SAMPLES_MAX);
        check_rows(hub);
    } else {
        MUST(hub->row_count == 0 && hub->registry.node_count == nodes);
        MUST(refusal.status >= 400 && refusal.status <= 503 && strlen(refusal.text) > 0);
        for (const char *at = refusal.text; *at != '\0'; at++)
            MUST(*at >= ' ' && *at <= '~');
    }
    hub_store_end(hub);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hub hub;
    struct ingest ingest;

    hub_init(&hub, 64, 5000, ROWS);
    ingest_init(&ingest, &hub.intake, 7);
    post(&ingest, &hub, (const char *)data, size);
    post(&ingest, &hub, (const char *)data, size); /* of nodes that are known by now */
    hub_deinit(&hub);
    return 0;
}
