/* Bounds and units of the simulated world. */
#ifndef WORLD_WORLD_LIMITS_H
#define WORLD_WORLD_LIMITS_H

#include <stdint.h>

#define WORLD_GROUPS_MAX    2U
#define WORLD_NODES_MAX     256U
#define WORLD_KNOWN_MAX     2048U /* nodes that one collector hears of */
#define WORLD_NAME_SIZE     32U
#define WORLD_STEP_MS       UINT64_C(1000)
#define WORLD_START_MS      UINT64_C(100000000) /* so that nothing happens before time 0 */
#define WORLD_WALL_START_MS INT64_C(1790000000000)
#define WORLD_GIB           1073741824.0
#define WORLD_ACK_MS        5000U /* between Acks */
#define WORLD_CREDIT        64U   /* samples in flight of one agent */
#define SECOND_MS           UINT64_C(1000)
#define MINUTE_MS           UINT64_C(60000)
#define HOUR_MS             UINT64_C(3600000)
#define NEVER               UINT64_MAX

static inline uint64_t world_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t world_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
