/* Pure. Collects what is sent to an engine together: rows of metrics.csv and of decisions.csv, from a place in these
 * files on. Rows have the indexes from 0 on, and decisions those after them. */
#ifndef BRIDGE_FORWARD_FORWARD_SET_H
#define BRIDGE_FORWARD_FORWARD_SET_H

#include "bridge/forward/decision_set.h"
#include "bridge/forward/forward_place.h"
#include "bridge/forward/row_set.h"
#include "bridge/forward/write_request.h"

#include <stdbool.h>
#include <stdint.h>

#define FORWARD_SET_ROWS_MAX      10000U
#define FORWARD_SET_DECISIONS_MAX 512U

/* Rows that the collector deleted before they were read. */
struct forward_set_lost {
    uint64_t files;  /* of metrics.csv, at least */
    int64_t from_ms; /* Unix time of the last row before the first of them; 0: unknown */
    int64_t to_ms;   /* and of the first row after the last of them; 0: there is none yet */
};

struct forward_set {
    const struct write_options *options;
    struct row_set rows;
    struct decision_set decisions;
    struct tail rows_tail;
    struct tail decisions_tail;
    struct decision_columns columns;
    uint64_t columns_inode; /* of the file that has these columns; 0: none */
    uint64_t filtered;      /* rows since the set was cleared that are not sent */
    int64_t since_ms;       /* when the first row of the set was read */
    int64_t oldest_ms;      /* Unix time of the first row that is to be sent; kept until there is another one */
    int64_t last_ms;        /* Unix time of the row of metrics.csv that was read last; 0: unknown */
    uint64_t damaged;       /* lines that are not rows */
    struct forward_set_lost lost;
};

/* data: the collector's directory; options and data are the caller's. 0 or -ENOMEM. */
int forward_set_init(struct forward_set *set, const struct disk *data, const struct forward_place *place,
                     const struct write_options *options);
void forward_set_deinit(struct forward_set *set);

static inline uint32_t forward_set_count(const struct forward_set *set)
{
    return set->rows.count + set->decisions.count;
}

/* Reads what is there, up to a full set. 0 or a negative errno. */
int forward_set_read(struct forward_set *set, int64_t now_ms);

/* Whether there is something to send: the set is full, or its first row was read batch_ms ago. */
bool forward_set_is_due(const struct forward_set *set, int64_t batch_ms, int64_t now_ms);

/* Sorts the set; the place behind its last row is *end. 0 or a negative errno. */
int forward_set_finish(struct forward_set *set, struct forward_place *end);

/* Encodes what has the indexes from `from` to before `to` of the sorted set. As write_request_encode(). */
int forward_set_encode(const struct forward_set *set, uint32_t from, uint32_t to, struct write_request *request);

/* A row of the sorted set, for people: its node, which is empty for a decision, its group and its time. */
struct forward_set_name {
    const char *node_id;
    const char *group;
    int64_t time_ms;
};

struct forward_set_name forward_set_name(const struct forward_set *set, uint32_t index);

void forward_set_clear(struct forward_set *set);

/* Clears the set, and continues at a place that forward_set_finish() gave earlier. */
void forward_set_move(struct forward_set *set, const struct forward_place *place);

#endif
