/* Pure. Accepts samples that agents of the Python system post as JSON over HTTP, during a migration.
 *
 *     {"node_id": "web-1", "cpu": 41.5, "memory": 63.2, "disk_read": 123456, "disk_write": 7890,
 *      "timestamp": 1764000000.5}                                                             or an array of those
 *
 * They go where all samples go: registry, ring, backlog, store. But they have no seq, so missing and duplicate ones
 * can't be detected, and their agents do not resend what the collector refuses. The collector numbers them within an
 * instance of its own, one per start, whose name begins with "h". */
#ifndef COLLECTOR_HTTP_INGEST_H
#define COLLECTOR_HTTP_INGEST_H

#include "collector/autoscale/decision_history.h"
#include "collector/http/http_refusal.h"
#include "collector/intake/intake.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INGEST_GROUP       "default"
#define INGEST_BODY_MAX    ((size_t)32 * 1024) /* a body is parsed at once, and must not block the loop for long */
#define INGEST_SAMPLES_MAX 128U

/* The body of a request as it comes in. All zero before ingest_body_begin(), and without memory after it failed. */
struct ingest_body {
    char *bytes; /* INGEST_BODY_MAX */
    size_t len;
    bool is_too_long;
};

struct ingest {
    struct intake_hub *hub;
    uint64_t instance;
};

/* random: 32 bits, another number at each start. */
void ingest_init(struct ingest *ingest, struct intake_hub *hub, uint32_t random);

/* type, length: the headers Content-Type and Content-Length, or NULL. 0, or -EINVAL with *refusal set. */
int ingest_body_begin(struct ingest_body *body, const char *type, const char *length, struct http_refusal *refusal);
void ingest_body_add(struct ingest_body *body, const char *data, size_t len);
void ingest_body_free(struct ingest_body *body);

/* Takes all samples of a body, or none. Returns the group of the last one, or NULL with *refusal set:
 *     400 not JSON             409  an agent reports for that node
 *     413  too long            422  a field is wrong
 *     503  there is no room */
const struct group *ingest_take(struct ingest *ingest, const struct ingest_body *body, const struct moment *when,
                                struct http_refusal *refusal);

/* The answer to a body that was taken: the last decision of that group. */
#define INGEST_RECEIVED_MAX (DECISION_SENTENCE_MAX * 6 + 512) /* each byte escaped */
void ingest_put_received(struct writer *writer, const struct decision_history *history, const struct group *group);

#endif
