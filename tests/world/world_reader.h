/* KEDA's metrics-api scaler and the Horizontal Pod Autoscaler that it manages,
 * by their published algorithms: a change within the tolerance of 10 % is none;
 * scale-down takes the highest recommendation of its stabilization window; an
 * error is answered by the fallback `currentReplicasIfHigher`. */
#ifndef WORLD_WORLD_READER_H
#define WORLD_WORLD_READER_H

#include <stdbool.h>
#include <stdint.h>

#define READER_WINDOW_MAX 40U /* recommendations within the stabilization window */

struct world;
struct world_group;

struct world_reader {
    uint64_t next_ms;
    uint64_t window_ms;
    unsigned fallback; /* replicas */
    unsigned failures; /* polls in a row */
    unsigned replicas;
    unsigned count;
    struct {
        uint64_t at_ms;
        unsigned replicas;
    } recommended[READER_WINDOW_MAX];
};

void reader_step(struct world *world, struct world_group *group);

#endif
