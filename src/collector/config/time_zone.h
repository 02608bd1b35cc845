/* Pure. A time zone from a TZif file (RFC 9636), as in /usr/share/zoneinfo: converts between Unix time and local time
 * without the process's own zone. */
#ifndef COLLECTOR_CONFIG_TIME_ZONE_H
#define COLLECTOR_CONFIG_TIME_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_ZONE_FILE_MAX 65536U /* bytes; the largest of tzdata has 4 KB */

/* From that moment on, local time is Unix time plus the offset. */
struct time_zone_change {
    int64_t unix_s;
    int32_t offset_s;
};

/* All zero: UTC. */
struct time_zone {
    int32_t first_offset_s; /* before the first change */
    unsigned count;
    struct time_zone_change *changes; /* owned, ascending; the file's rule for later years is expanded up to 2100 */
};

/* Returns 0; -EINVAL: not a TZif file; or -ENOMEM. On failure *zone is untouched. */
int time_zone_parse(struct time_zone *zone, const uint8_t *data, size_t len);
void time_zone_free(struct time_zone *zone);

int32_t time_zone_offset_s(const struct time_zone *zone, int64_t unix_s);

/* The Unix time at which clocks of the zone show local_s, which counts as Unix time does. A time that they show twice
 * is the first one, or with `last` the last one; a time that they skip is the moment at which they skip it. */
int64_t time_zone_unix_s(const struct time_zone *zone, int64_t local_s, bool last);

#endif
