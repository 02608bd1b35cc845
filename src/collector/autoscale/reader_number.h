/* Pure. The number of nodes that the reader of one group gets. A number is given only when its row in decisions.csv is
 * durable: so after a kill the collector knows every number that was read, and gives none below the last one. */
#ifndef COLLECTOR_AUTOSCALE_READER_NUMBER_H
#define COLLECTOR_AUTOSCALE_READER_NUMBER_H

#include "collector/autoscale/decision_rows.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero: there is no number yet. */
struct reader_number {
    bool has_nodes;     /* readers get a number: */
    unsigned nodes;     /* this one */
    bool has_next;      /* another number waits for its row: */
    unsigned next;      /* this one */
    uint64_t row;       /* the number of that row; 0: there was no room for one */
    int64_t decided_ms; /* when it was decided */
};

/* To be called at each tick: while no reader carries out the group's decisions, the number is forgotten, because it
 * would be an old one when they do again. */
void reader_number_follow(struct reader_number *number, const struct decision *decision);

/* Whether a reader carries out the decision, and its number is another one than the newest. 0 nodes are a number only
 * if signals show that none is needed. */
bool reader_number_is_new(const struct reader_number *number, const struct decision *decision);

/* Adds the row that the record's number is published. Readers get the number once that row is durable. */
void reader_number_publish(struct reader_number *number, struct decision_rows *rows,
                           const struct decision_record *record);

/* While decisions.csv can't be written, takes back a lower number that waits for its row: when the row is durable at
 * last, the load may be another one. Returns when it was decided, for scaler_withdrawn(); 0: there is none. */
int64_t reader_number_take_back(struct reader_number *number, const struct decision_rows *rows);

/* What readers get now; false: nothing. While decisions.csv can't be written, a higher number does not wait for its
 * row. */
bool reader_number_read(struct reader_number *number, const struct decision_rows *rows, unsigned *nodes);

#endif
