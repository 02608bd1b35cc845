/* Pure. Parses the text of /proc files into raw counters.
 *
 * Each takes text[0 .. len) from the start of the file, which is not 0-terminated and may be cut at the end. It returns
 * 0, or -EBADMSG when a value that it needs is missing, and then leaves the output untouched. Only complete lines
 * count, so that a number that was cut is not taken for a smaller one. */
#ifndef AGENT_METRICS_PROCFS_H
#define AGENT_METRICS_PROCFS_H

#include <stddef.h>
#include <stdint.h>

/* The fields of the "cpu" line of /proc/stat, man proc_stat(5). guest is part of user and is not added again. */
enum procfs_cpu_field {
    PROCFS_CPU_USER,
    PROCFS_CPU_NICE,
    PROCFS_CPU_SYSTEM,
    PROCFS_CPU_IDLE,
    PROCFS_CPU_IOWAIT,
    PROCFS_CPU_IRQ,
    PROCFS_CPU_SOFTIRQ,
    PROCFS_CPU_STEAL,
    PROCFS_CPU_FIELDS
};

#define PROCFS_CPU_FIELDS_MIN 4U /* of Linux 2.4; other systems that imitate /proc have 7 */

struct procfs_cpu {
    uint64_t ticks[PROCFS_CPU_FIELDS]; /* a hundredth of a second each, summed over the processors */
    unsigned fields;                   /* those that are there, from the first on; the others are 0 */
};

/* The first "cpu" line that can be read and is not all zeros; if each is all zeros, that. */
int procfs_parse_cpu(const char *text, size_t len, struct procfs_cpu *cpu);

/* Number of "cpuN" lines, the online processors. */
int procfs_parse_cores(const char *text, size_t len, unsigned *cores);

/* /proc/meminfo in bytes. */
struct procfs_memory {
    uint64_t total;      /* above 0: MemTotal without the pools of huge pages */
    uint64_t available;  /* at most total: MemAvailable or, where it can't be right, what free(1) would estimate */
    uint64_t swap_total; /* 0: there is none, or what is free can't be right */
    uint64_t swap_free;
};

int procfs_parse_memory(const char *text, size_t len, struct procfs_memory *memory);

/* /proc/loadavg: the average over one minute. */
int procfs_parse_load1(const char *text, size_t len, double *load1);

/* /proc/pressure/X: "some avg10=", percent. */
int procfs_parse_pressure(const char *text, size_t len, double *percent);

#define PROCFS_DEVICE_NAME_MAX 128 /* bytes with the terminating 0; Linux has names of at most 31 */

/* One line of /proc/diskstats or /proc/net/dev. counters points into the text: only those of devices that count are
 * parsed. */
struct procfs_device {
    char name[PROCFS_DEVICE_NAME_MAX];
    const char *counters;
    size_t counters_len;
};

/* Each parses the line at *text and moves *text and *len behind it. Returns 1 for a device, 0 at the end of the text
 * (an unfinished last line counts as the end), and skips lines that it cannot read. */
int procfs_next_disk(const char **text, size_t *len, struct procfs_device *disk);
int procfs_next_nic(const char **text, size_t *len, struct procfs_device *nic);

/* Documentation/admin-guide/iostats.rst of the kernel. Some counters are 32 bits wide on some kernels. */
struct procfs_disk_counters {
    uint64_t sectors_read;
    uint64_t sectors_written;
    uint64_t busy_ms;   /* time with at least one request under way */
    uint64_t completed; /* requests: reads, writes, discards and flushes */
    uint64_t in_flight; /* requests; 0 where the column can't be read */
};

#define PROCFS_SECTOR_SIZE 512U /* the unit of /proc/diskstats, whatever the disk's own sectors are */

int procfs_disk_counters(const struct procfs_device *disk, struct procfs_disk_counters *counters);
int procfs_nic_bytes(const struct procfs_device *nic, uint64_t *rx_bytes, uint64_t *tx_bytes);

/* Files of /sys of one line each: /sys/block/NAME/stat, which has the same columns, and a single number. */
int procfs_parse_disk_stat(const char *text, size_t len, struct procfs_disk_counters *counters);
int procfs_parse_number(const char *text, size_t len, uint64_t *number);

#endif
