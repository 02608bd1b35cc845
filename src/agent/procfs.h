/* Pure. Parses the text of /proc files into raw counters.
 *
 * Each takes text[0 .. len) from the start of the file, which is not 0-terminated and may be cut at the end. It returns
 * 0, or -EBADMSG when a value that it needs is missing, and then leaves the output untouched. Only complete lines
 * count, so that a number that was cut is not taken for a smaller one. */
#ifndef AGENT_PROCFS_H
#define AGENT_PROCFS_H

#include <stddef.h>
#include <stdint.h>

/* The "cpu" line of /proc/stat in clock ticks, man proc_stat(5). guest is part of user and is not added again. */
struct procfs_cpu {
    uint64_t busy; /* user + nice + system + irq + softirq + steal */
    uint64_t idle;
    uint64_t iowait;
    uint64_t steal;
};

int procfs_parse_cpu(const char *text, size_t len, struct procfs_cpu *cpu);

/* Number of "cpuN" lines, the online processors. */
int procfs_parse_cores(const char *text, size_t len, unsigned *cores);

/* /proc/meminfo in bytes. */
struct procfs_memory {
    uint64_t total;     /* above 0 */
    uint64_t available; /* MemAvailable; where an old kernel lacks it: MemFree + Buffers + Cached */
    uint64_t swap_total;
    uint64_t swap_free;
};

int procfs_parse_memory(const char *text, size_t len, struct procfs_memory *memory);

/* /proc/loadavg: the average over one minute. */
int procfs_parse_load1(const char *text, size_t len, double *load1);

/* /proc/pressure/X: "some avg10=", percent. */
int procfs_parse_pressure(const char *text, size_t len, double *percent);

#define PROCFS_DEVICE_NAME_MAX 32

/* One line of /proc/diskstats; Documentation/admin-guide/iostats.rst of the kernel. */
struct procfs_disk {
    char name[PROCFS_DEVICE_NAME_MAX];
    uint64_t read_bytes;    /* sectors read x 512 */
    uint64_t written_bytes; /* sectors written x 512 */
    uint64_t busy_ms;       /* time with at least one request under way; 32 bits wide in the kernel */
};

/* One line of /proc/net/dev. */
struct procfs_nic {
    char name[PROCFS_DEVICE_NAME_MAX];
    uint64_t rx_bytes;
    uint64_t tx_bytes;
};

/* Each parses the line at *text and moves *text and *len behind it. Returns 1 for a device, 0 at the end of the text
 * (an unfinished last line counts as the end), and skips lines that it cannot read. */
int procfs_next_disk(const char **text, size_t *len, struct procfs_disk *disk);
int procfs_next_nic(const char **text, size_t *len, struct procfs_nic *nic);

#endif
