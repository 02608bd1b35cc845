/* Pure. Generates responses in pieces while they are sent: a long response never blocks the loop, and nodes may join
 * and leave meanwhile. A shell passes the time, and sends the pieces. */
#ifndef COLLECTOR_HTTP_ANSWER_H
#define COLLECTOR_HTTP_ANSWER_H

#include "collector/autoscale/conditions.h"
#include "collector/autoscale/decision_history.h"
#include "collector/autoscale/overrides.h"
#include "collector/autoscale/signal_table.h"
#include "collector/config/config.h"
#include "collector/fleet/fleet_counts.h"
#include "collector/fleet/forwarders.h"
#include "collector/http/http_query.h"
#include "collector/intake/intake.h"
#include "collector/problems/alert_health.h"
#include "collector/problems/problems.h"
#include "common/histogram.h"
#include "common/writer.h"
#include "feed/feed_counts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_PIECE 16384U /* no single item is longer */

/* Counts of the process and the HTTP server: filled by the shell before each answer that reports them. */
struct answer_process {
    unsigned http_connections;
    uint64_t http_requests;
    uint64_t http_refusals; /* answered with a 4xx or 5xx */
    uint64_t resident_bytes;
    double cpu_seconds;
    int64_t started_wall_ms;
    int64_t http_cert_end_s; /* when the certificate of HTTPS expires, Unix time; 0: there is none */
};

/* What answers report on. Everything belongs to the collector; answers change only `counts`, `conditions` and
 * `looks`. */
struct answer_world {
    const struct registry *registry;
    const struct intake_hub *hub;
    const struct decision_history *history;
    const struct collector_config *config;
    const struct overrides *overrides;
    const struct signal_table *signals;     /* may be NULL if the configuration has none */
    struct conditions *conditions;          /* which readers have asked is noted there */
    const unsigned *agents;                 /* number of connected agents */
    unsigned agent_port;                    /* the port that agents connect to */
    const struct histogram *turns_us;       /* how long the loop is busy without a break */
    const struct histogram *cpus_us;        /* CPU time of each turn of the loop */
    const struct histogram *stored_ms;      /* until samples are stored */
    const struct histogram *syncs_us;       /* how long a sync of them takes */
    const struct histogram *handshakes_us;  /* how long accepted TLS handshakes take */
    const struct feed_counts *signal_lines; /* of the programs of signals; may be NULL if there are none */
    const uint64_t *files_deleted;          /* finished files, for their age or size */
    const bool *decisions_held;             /* decisions.csv can't be written */
    const bool *cut_short;                  /* retain-size deletes files before they are as old as retain */
    const struct config_in_force *config_in_force;
    const struct forwarders *forwarders;
    const struct problems *problems;
    const struct alert_health *alerts; /* the program of on-alert */
    struct fleet_counts *counts;
    struct answer_process process;
    uint64_t looks; /* how often somebody has begun to look at a node */
    bool stopping;
};

/* Where the maker of an answer continues with its next piece. All zero at the beginning. */
struct answer_cursor {
    bool opened;       /* the text before the first item is put */
    unsigned family;   /* of metrics: the one that is being put */
    unsigned at;       /* the next item of what answer_put_items() goes through */
    unsigned count;    /* items put, up to the limit */
    int64_t after_ms;  /* of a series: the time of the last point put */
    uint64_t after_id; /* of decisions: the last one put or skipped */
};

struct answer {
    struct answer_world *world;
    struct http_query query;
    unsigned status;
    const char *type;
    bool counted; /* the fleet has been counted for it */
    bool done;    /* this piece is the last one */
    unsigned limit;
    struct answer_cursor cursor;
    struct moment when; /* of this piece; begun: of the first */
    struct moment begun;
    size_t taken; /* bytes of the piece that were read */
    struct writer writer;
    char text[ANSWER_PIECE];
};

/* Begins the answer to a request for data: one whose endpoint has a maker. Sets the status. */
void answer_begin(struct answer *answer, struct answer_world *world, const struct http_query *query,
                  const struct moment *when);

/* Copies the next bytes and returns their number: 0 when they are made later (call again in the next turn of the loop),
 * -1 at the end. */
long answer_read(struct answer *answer, char *to, size_t size, const struct moment *when);

/* ---- for the makers of answers ---- */

/* Puts the end of the answer; if it does not fit, the maker is called again for it. */
void answer_end(struct answer *answer, const char *text);

/* Makes the whole answer an error. */
__attribute__((format(printf, 3, 4))) void answer_fail(struct answer *answer, unsigned status, const char *format, ...);

/* The wall clock at a time of the monotonic clock. */
int64_t answer_wall_ms(const struct answer *answer, int64_t mono_ms);

/* The settings of a group at that time, with the bounds of its schedules. */
struct scaler_settings answer_group_settings(const struct answer_world *world, const char *group, int64_t wall_ms);

/* How many nodes the group has in a state. The nodes of a group without agents are live: as many as a signal says. */
unsigned answer_group_nodes(const struct answer_world *world, const struct group *group, enum liveness liveness);

/* Puts "name": before a value; first: no comma before it. */
void answer_put_key(struct writer *writer, const char *name, bool first);

/* Puts the lines of text before a family of Prometheus, and moves the cursor to the next family. */
void answer_put_head(struct writer *writer, const char *name, const char *type, const char *help);
void answer_next_family(struct answer_cursor *cursor);

/* Puts a metric in its unit; null when it is absent. */
void answer_put_metric(struct writer *writer, enum metric metric, double value);

/* Puts as many items as fit, from answer->cursor.at on up to `count`, and at most the limit. put_item() returns whether
 * it put anything, and begins with a comma if the item is not the first. Returns whether all items are done; if not,
 * the rest follows in the next piece. This piece may be empty, when many items in a row put nothing. */
typedef bool answer_put_item(struct answer *answer, unsigned at, bool first);
bool answer_put_items(struct answer *answer, unsigned count, answer_put_item *put_item);

#endif
