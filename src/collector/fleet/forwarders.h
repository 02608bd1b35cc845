/* Pure. The forwarders (headroom-bridge forward) of this collector's rows, as their state files describe them: whether
 * each one still reports, how far it is behind, and whether retention would delete what it has not sent. */
#ifndef COLLECTOR_FLEET_FORWARDERS_H
#define COLLECTOR_FLEET_FORWARDERS_H

#include "collector/config/config.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORWARDERS_MAX         8U
#define FORWARDERS_FILE_MAX    4096U /* bytes of a state file */
#define FORWARDERS_PROBLEM_MAX 256U

/* Rows since the forwarder's start: where each one is. */
enum forwarder_rows {
    FORWARDER_SETTLED,
    FORWARDER_REFUSED,
    FORWARDER_FILTERED,
    FORWARDER_UNSETTLED,
    FORWARDER_WAITING,
    FORWARDER_ROWS_COUNT
};

extern const char *const forwarder_rows_names[FORWARDER_ROWS_COUNT];

/* The worst that holds. */
enum forwarder_condition {
    FORWARDER_OK,
    FORWARDER_BEHIND,    /* by more than five minutes */
    FORWARDER_OVERTAKEN, /* at 80 % of `retain` or `retain-size` */
    FORWARDER_SILENT     /* it has not reported for a minute */
};

extern const char *const forwarder_condition_names[]; /* ok, behind, overtaken, silent */

/* What a file says. */
struct forwarder_state {
    char name[NAME_LEN_MAX + 1];
    int64_t time_ms;       /* when it was written, Unix time */
    int64_t behind_ms;     /* age of the oldest row that the engine has not accepted */
    uint64_t bytes_behind; /* of metrics.csv that must not be deleted yet */
    uint64_t lost_files;   /* that were */
    uint64_t rows[FORWARDER_ROWS_COUNT];
    char problem[FORWARDERS_PROBLEM_MAX]; /* printable ASCII; empty: the engine accepts rows */
};

struct forwarder {
    struct forwarder_state state;
    int64_t reported_ms; /* when a new state was found, monotonic */
    enum forwarder_condition condition;
};

struct forwarders {
    struct forwarder of[FORWARDERS_MAX]; /* ascending by name */
    unsigned count;
};

/* Of the text of a state file. 0 or -EBADMSG; then state is untouched. */
int forwarders_parse(const char *text, size_t len, struct forwarder_state *state);

/* Takes the states that were found now. One that is no longer found counts as silent, and is forgotten after a day.
 * Calls cb with a line when the condition of one changes. */
typedef void forwarders_cb(bool is_warning, const char *line);
void forwarders_take(struct forwarders *forwarders, const struct forwarder_state *found, unsigned count,
                     const struct collector_config *config, int64_t now_ms, forwarders_cb *cb);

/* What is so: "engine vm: the forwarder is 7 min behind: ...". */
void forwarders_sentence(const struct forwarder *forwarder, int64_t now_ms, char *text, size_t size);

/* How far it is behind now: a silent one falls behind further. */
int64_t forwarders_behind_ms(const struct forwarder *forwarder, int64_t now_ms);

/* How much of `retain` or of `retain-size`, whichever is nearer, its oldest row has reached; at 1 the collector deletes
 * it. NaN: neither is set. */
double forwarders_retention_share(const struct forwarder *forwarder, const struct collector_config *config,
                                  int64_t now_ms);

#endif
