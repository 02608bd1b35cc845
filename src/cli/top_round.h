/* Asks the collector, round after round, for the documents that headroom top needs. It never blocks: a collector that
 * hangs delays the next answer only. */
#ifndef CLI_TOP_ROUND_H
#define CLI_TOP_ROUND_H

#include "cli/api_client.h"
#include "cli/top/top.h"

#include <stdbool.h>
#include <stdint.h>

struct top_round {
    struct api_client *client;
    struct top *top;
    bool is_running;            /* a request is under way */
    enum top_document document; /* of that */
    int64_t began_ms;
    int64_t due_ms; /* the next round */
};

/* client: open, and idle. Both outlive the round; top has the delay between two rounds. */
void top_round_init(struct top_round *round, struct api_client *client, struct top *top);

/* Begins the next round if it is due. Returns the milliseconds until it will be; -1: a round is running, or top is
 * paused. */
int64_t top_round_begin(struct top_round *round, int64_t now_ms);

/* Waits until there is an answer, fd is readable, or the time is over. Takes the answer, and sends the next request.
 * Whether top has changed. */
bool top_round_wait(struct top_round *round, int fd, int timeout_ms);

#endif
