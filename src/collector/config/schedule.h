/* Pure. A schedule changes the bounds of a group at certain hours of the week.
 *
 * In force, its min and max replace those of the group; of several, the largest min and the smallest max count, and the
 * min wins over the max. A lead time and a tick before it begins, its min already raises that of the group, so that the
 * nodes carry load when it does. */
#ifndef COLLECTOR_CONFIG_SCHEDULE_H
#define COLLECTOR_CONFIG_SCHEDULE_H

#include "collector/config/time_zone.h"
#include "common/limits.h"
#include "common/writer.h"
#include "scaler/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCHEDULES_LISTED    8U
#define SCHEDULE_ZONE_MAX   64U     /* bytes of a zone's name */
#define SCHEDULE_ZONE_LOCAL "local" /* the zone of the machine */

struct schedule {
    char name[NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];
    uint8_t days;                          /* a bit for each day on which it begins: 0 Monday to 6 Sunday */
    int32_t from_s;                        /* local time of day */
    int32_t to_s;                          /* at most from_s: on the next day */
    unsigned nodes_min;                    /* 0: it leaves the group's as it is */
    unsigned nodes_max;                    /* 0: the same */
    char zone_name[SCHEDULE_ZONE_MAX + 1]; /* as in the file */
    struct time_zone zone;                 /* owned */
};

/* Whole weeks in the machine's zone. */
extern const struct schedule schedule_initial;

#define SCHEDULE_FIELDS 7

/* The names of the fields in the configuration file. */
extern const char *const schedule_field_names[SCHEDULE_FIELDS]; /* group, days, from, to, zone, min, max */

/* Sets the field of that index, but never the changes of the zone. Returns 0, or -EINVAL with "must be ..., got ..." in
 * error. */
int schedule_set(struct schedule *schedule, unsigned field, const char *value, char *error, size_t error_size);

/* Once all lines are read: whether they make a schedule. Returns 0, or -EINVAL with the reason in error. */
int schedule_check(const struct schedule *schedule, char *error, size_t error_size);

/* In the form of the configuration file. */
void schedule_print(const struct schedule *schedule, FILE *out);

/* The time in which the schedule is in force at wall_ms or next, as Unix time: until *end_s, from the returned moment.
 * 0: never. */
int64_t schedule_next_s(const struct schedule *schedule, int64_t wall_ms, int64_t *end_s);

bool schedule_in_force(const struct schedule *schedule, int64_t wall_ms);

/* Puts the names of the group's schedules in force as a JSON array, the first SCHEDULES_LISTED of them. */
void schedule_put_names(struct writer *writer, const struct schedule *schedules, unsigned count, const char *group,
                        int64_t wall_ms);

/* Applies the schedules of the group to its settings. ahead_ms: a lead time and a tick. */
void schedule_apply(const struct schedule *schedules, unsigned count, const char *group, int64_t wall_ms,
                    int64_t ahead_ms, struct scaler_settings *settings);

#endif
