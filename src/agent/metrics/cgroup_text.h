/* Pure. Parses the files of a cgroup, of version 2 and of version 1.
 *
 * Each function takes text[0 .. len), which is not 0-terminated. It returns 0, or -EBADMSG when the text has another
 * form, and then leaves the output untouched. */
#ifndef AGENT_METRICS_CGROUP_TEXT_H
#define AGENT_METRICS_CGROUP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_UNLIMITED UINT64_MAX

/* A file that is one number: memory.max, memory.current. "max", and what version 1 writes for it (near 2^63), is
 * CGROUP_UNLIMITED. */
int cgroup_text_number(const char *text, size_t len, uint64_t *number);

/* The number of one line "KEY NUMBER": cpu.stat, memory.stat, memory.events, memory.oom_control. */
int cgroup_text_value(const char *text, size_t len, const char *key, uint64_t *value);

/* cpu.max, "QUOTA PERIOD" in microseconds, as thousandths of a cpu; "max PERIOD" is CGROUP_UNLIMITED. */
int cgroup_text_quota(const char *text, size_t len, uint64_t *cpu_milli);

/* The quota from a quota and a period of version 1. */
uint64_t cgroup_text_quota_of(uint64_t quota_us, uint64_t period_us);

/* How many cpus a list such as "0-3,7" names. */
int cgroup_text_cpus(const char *text, size_t len, uint64_t *cpus);

#define CGROUP_DEVICE_MAX 32

/* What a cgroup has read from and written to a block device. */
struct cgroup_io {
    char device[CGROUP_DEVICE_MAX]; /* "MAJOR:MINOR" */
    uint64_t read_bytes;
    uint64_t written_bytes;
};

/* Each parses the next device of *text and moves *text and *len behind it; false: there is no other. Version 2's
 * io.stat has a line a device, version 1's blkio.throttle.io_service_bytes one a device and direction. */
bool cgroup_text_next_io(const char **text, size_t *len, struct cgroup_io *io);
bool cgroup_text_next_io_1(const char **text, size_t *len, struct cgroup_io *io);

#endif
