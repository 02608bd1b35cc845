/* Pure. Answers to requests, made in pieces while they are sent: a long one never holds the loop, and nodes may come
 * and go meanwhile. Pure: a shell gives it the time, and sends what it makes. */
#ifndef COLLECTOR_HTTP_HTTP_ANSWER_H
#define COLLECTOR_HTTP_HTTP_ANSWER_H

#include "collector/autoscale/decision_history.h"
#include "collector/config/config.h"
#include "collector/fleet/fleet_counts.h"
#include "collector/http/http_route.h"
#include "collector/intake/intake.h"
#include "common/histogram.h"
#include "common/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_PIECE 16384U /* no node, group or metric takes more */

/* What is not the collector's own count: filled by the shell before each answer that shows it. */
struct http_process {
    unsigned http_connections;
    uint64_t http_requests;
    uint64_t http_refusals; /* answered with a 4xx or 5xx */
    uint64_t resident_bytes;
    double cpu_seconds;
    int64_t started_wall_ms;
};

/* What answers tell of. All belongs to the collector; only the survey is written to. */
struct http_world {
    const struct registry *registry;
    const struct intake_hub *hub;
    const struct decision_history *board;
    const struct collector_config *config;
    const unsigned *agents;            /* how many are connected */
    unsigned agent_port;               /* where agents are listened to */
    const struct histogram *turns_us;  /* how long the loop is held */
    const struct histogram *stored_ms; /* until samples are stored */
    const struct histogram *syncs_us;  /* how long a sync of them takes */
    struct fleet_counts *survey;
    struct http_process process;
    bool stopping;
};

struct answer {
    struct http_world *world;
    struct http_query request;
    unsigned status;
    const char *type;
    bool surveyed; /* the fleet was counted for it */
    bool done;     /* nothing follows what is in the piece */
    unsigned step; /* where it goes on: whatever its maker says */
    unsigned at;
    unsigned count; /* items put, up to the limit */
    unsigned limit;
    int64_t since_ms;
    uint64_t since_id;
    struct moment when; /* of this writer; begun: of the first */
    struct moment begun;
    size_t taken; /* of the piece */
    struct writer writer;
    char text[ANSWER_PIECE];
};

/* Begins the answer to a request for data, any but HTTP_ASSET and HTTP_INGEST: afterwards its status is known. */
void answer_begin(struct answer *answer, struct http_world *world, const struct http_query *request,
                  const struct moment *when);

/* Begins the answer to a request that is refused. */
void answer_refuse(struct answer *answer, const struct http_refusal *refusal);

/* The body of an error. */
void http_put_error(struct writer *writer, const char *text);

/* Copies the next bytes, and returns how many: 0 when they come later (ask again in the next turn of the loop), -1 when
 * there are no more. */
long answer_read(struct answer *answer, char *to, size_t size, const struct moment *when);

#endif
