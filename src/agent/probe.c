/* A tick is some eight preads of files that stay open, and their parsing.
 *
 * A file that can't be opened or read (no PSI in this kernel, EIO, a restarted lxcfs) is closed and tried again after
 * 1, 2, 4 ... and then every RETRY_TICKS_MAX ticks; its metrics are absent meanwhile. A text that doesn't parse costs
 * that tick only. /sys is asked once for each name of a device, when it first turns up. */
#include "agent/probe.h"

#include "agent/procfs.h"
#include "agent/rates.h"
#include "common/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX        (1U << 20) /* bytes of one file: /proc/stat of 8192 cores, diskstats of all DISKS_MAX */
#define HEAD_LEN        4096U      /* bytes that hold what we want of the files that are no lists */
#define SHORT_LEN       2048U      /* a read of a list that is shorter had room for another line: it has ended */
#define RETRY_TICKS_MAX 60U
#define NAMES_MAX       4096U /* names of devices to remember: partitions and virtual ones come on top of DISKS_MAX */

enum source_id {
    SOURCE_STAT,
    SOURCE_MEMINFO,
    SOURCE_LOADAVG,
    SOURCE_DISKSTATS,
    SOURCE_NET_DEV,
    SOURCE_PSI_CPU,
    SOURCE_PSI_MEMORY,
    SOURCE_PSI_IO,
    SOURCE_COUNT
};

static const char *const source_path[SOURCE_COUNT] = {
    [SOURCE_STAT] = "/proc/stat",
    [SOURCE_MEMINFO] = "/proc/meminfo",
    [SOURCE_LOADAVG] = "/proc/loadavg",
    [SOURCE_DISKSTATS] = "/proc/diskstats",
    [SOURCE_NET_DEV] = "/proc/net/dev",
    [SOURCE_PSI_CPU] = "/proc/pressure/cpu",
    [SOURCE_PSI_MEMORY] = "/proc/pressure/memory",
    [SOURCE_PSI_IO] = "/proc/pressure/io",
};

/* Averages that the kernel works out anew only so often: LOAD_FREQ and PSI_FREQ in its include/linux/sched/loadavg.h
 * and kernel/sched/psi.c, here a little less, as ticks are not punctual to the millisecond. */
static const struct {
    enum source_id source;
    enum metric metric;
    unsigned period_ms;
    int (*parse)(const char *text, size_t len, double *value);
} averages[] = {
    {SOURCE_LOADAVG, METRIC_LOAD1, 4900, procfs_parse_load1},
    {SOURCE_PSI_CPU, METRIC_PSI_CPU, 1900, procfs_parse_pressure},
    {SOURCE_PSI_MEMORY, METRIC_PSI_MEMORY, 1900, procfs_parse_pressure},
    {SOURCE_PSI_IO, METRIC_PSI_IO, 1900, procfs_parse_pressure},
};

#define AVERAGE_COUNT (sizeof averages / sizeof *averages)

/* As it was read last. */
struct average {
    bool known;
    uint64_t read_ms;
    double value;
};

struct source {
    int fd;         /* -1: closed */
    unsigned pause; /* ticks between the last two tries; 0 after a good read */
    unsigned wait;  /* ticks to let pass before the next one */
};

/* What /sys said of a name. */
struct known_name {
    char name[PROCFS_DEVICE_NAME_MAX];
    bool physical;
    bool seen; /* in this tick */
};

/* The names that the last tick saw. One that goes is forgotten, so that /sys is asked again when it comes back. */
struct known_names {
    unsigned count;
    unsigned cursor; /* behind the last name found: the kernel lists them in the same order each time */
    struct known_name entry[NAMES_MAX];
};

struct probe {
    char *root;
    struct source source[SOURCE_COUNT];
    struct average average[AVERAGE_COUNT];
    struct cpu_rates cpu;
    struct device_rates *disk_rates;
    struct device_rates *nic_rates;
    struct known_names disks;
    struct known_names nics;
    char text[TEXT_MAX]; /* of the file being read; pages never reached cost nothing */
};

static void source_fail(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
    source->pause = source->pause == 0 ? 1 : source->pause * 2;
    if (source->pause > RETRY_TICKS_MAX)
        source->pause = RETRY_TICKS_MAX;
    source->wait = source->pause - 1;
}

static bool source_open(const struct probe *probe, enum source_id id, struct source *source)
{
    char path[PATH_MAX];

    if (source->wait > 0) {
        source->wait--;
        return false;
    }
    int len = snprintf(path, sizeof path, "%s%s", probe->root, source_path[id]);
    if (len > 0 && (size_t)len < sizeof path)
        source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0)
        source_fail(source);
    return source->fd >= 0;
}

/* Fills probe->text from the start of a file: with one read, or to the end. Returns the number of bytes, 0 when it
 * can't be read now. */
static size_t source_read(struct probe *probe, enum source_id id, size_t max, bool to_end)
{
    struct source *source = &probe->source[id];
    size_t len = 0;
    ssize_t got;

    if (source->fd < 0 && !source_open(probe, id, source))
        return 0;
    do {
        got = TEMP_FAILURE_RETRY(pread(source->fd, probe->text + len, max - len, (off_t)len));
        if (got > 0)
            len += (size_t)got;
    } while (to_end && got > (ssize_t)SHORT_LEN && len < max);

    if (got < 0) {
        source_fail(source);
        return 0;
    }
    source->pause = 0;
    return len;
}

static size_t source_head(struct probe *probe, enum source_id id)
{
    return source_read(probe, id, HEAD_LEN, false);
}

/* The kernel hands out a list of devices a page at a time, as many lines as fit into it whole. */
static size_t source_whole(struct probe *probe, enum source_id id)
{
    return source_read(probe, id, TEXT_MAX, true);
}

/* root + folder + name + leaf; sysfs writes the '/' of a name as '!'. false: too long. */
static bool sysfs_path(char path[PATH_MAX], const char *root, const char *folder, const char *name, const char *leaf)
{
    int len = snprintf(path, PATH_MAX, "%s%s%s%s", root, folder, name, leaf);

    if (len < 0 || len >= PATH_MAX)
        return false;
    char *start = path + strlen(root) + strlen(folder);
    for (char *c = start; c < start + strlen(name); c++) {
        if (*c == '/')
            *c = '!';
    }
    return true;
}

static bool sysfs_has(const char *root, const char *folder, const char *name, const char *leaf)
{
    char path[PATH_MAX];

    return sysfs_path(path, root, folder, name, leaf) && access(path, F_OK) == 0;
}

/* Whether the file there holds a 1. */
static bool sysfs_is_set(const char *root, const char *folder, const char *name, const char *leaf)
{
    char path[PATH_MAX];
    char digit = '0';

    if (!sysfs_path(path, root, folder, name, leaf))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool set = read(fd, &digit, 1) == 1 && digit == '1';
    close(fd);
    return set;
}

/* Partitions are not in this folder at all; loop, ram, zram, dm and md have no device. The single paths of a multipath
 * NVMe disk (nvme0c0n1) are hidden, and in the count of the disk (nvme0n1). */
static bool disk_is_physical(const char *root, const char *name)
{
    static const char folder[] = "/sys/block/";

    return sysfs_has(root, folder, name, "/device") && !sysfs_is_set(root, folder, name, "/hidden");
}

/* Bridges, bonds, VLANs and veths have no device. A network card that serves another physical one (a virtual function
 * under the adapter of Hyper-V or under virtio's failover) is in that one's count already. */
static bool nic_is_physical(const char *root, const char *name)
{
    static const char folder[] = "/sys/class/net/";

    return sysfs_has(root, folder, name, "/device") && !sysfs_has(root, folder, name, "/master/device");
}

static struct known_name *names_find(struct known_names *names, const char *name)
{
    for (unsigned i = 0; i < names->count; i++) {
        unsigned at = (names->cursor + i) % names->count;

        if (strcmp(names->entry[at].name, name) == 0) {
            names->cursor = at + 1;
            return &names->entry[at];
        }
    }
    return NULL;
}

/* name: an array, as the parsers fill it. Names beyond NAMES_MAX are not physical: asking for them at each tick would
 * cost too much. */
static bool names_physical(struct known_names *names, const char name[PROCFS_DEVICE_NAME_MAX], const char *root,
                           bool (*ask)(const char *root, const char *name))
{
    struct known_name *known = names_find(names, name);

    if (known == NULL) {
        if (names->count == NAMES_MAX)
            return false;
        known = &names->entry[names->count++];
        memcpy(known->name, name, sizeof known->name);
        known->physical = ask(root, name);
    }
    known->seen = true;
    return known->physical;
}

static void names_forget_unseen(struct known_names *names)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < names->count; i++) {
        if (!names->entry[i].seen)
            continue;
        if (kept != i)
            names->entry[kept] = names->entry[i];
        names->entry[kept++].seen = false;
    }
    names->count = kept;
    names->cursor = 0;
}

static void read_cpu(struct probe *probe, struct sample *sample)
{
    struct procfs_cpu cpu;
    double busy, iowait, steal;
    size_t len = source_head(probe, SOURCE_STAT);

    if (procfs_parse_cpu(probe->text, len, &cpu) < 0 || !cpu_rates_step(&probe->cpu, &cpu, &busy, &iowait, &steal))
        return;
    sample_set_gauge(sample, METRIC_CPU, busy);
    sample_set_gauge(sample, METRIC_IOWAIT, iowait);
    sample_set_gauge(sample, METRIC_STEAL, steal);
}

/* In a container, what is free can be the host's and exceed the total. */
static double used_percent(uint64_t total, uint64_t unused)
{
    return unused < total ? 100.0 * (double)(total - unused) / (double)total : 0.0;
}

static void read_memory(struct probe *probe, struct sample *sample)
{
    struct procfs_memory memory;
    size_t len = source_head(probe, SOURCE_MEMINFO);

    if (procfs_parse_memory(probe->text, len, &memory) < 0)
        return;
    sample_set_gauge(sample, METRIC_MEMORY, used_percent(memory.total, memory.available));
    if (memory.swap_total > 0)
        sample_set_gauge(sample, METRIC_SWAP, used_percent(memory.swap_total, memory.swap_free));
}

/* What has changed since it was read last costs a read, the rest none. */
static void read_averages(struct probe *probe, struct sample *sample)
{
    for (size_t i = 0; i < AVERAGE_COUNT; i++) {
        struct average *last = &probe->average[i];
        if (!last->known || sample->uptime_ms - last->read_ms >= averages[i].period_ms) {
            size_t len = source_head(probe, averages[i].source);
            last->known = averages[i].parse(probe->text, len, &last->value) == 0;
            last->read_ms = sample->uptime_ms;
        }
        if (last->known)
            sample_set_gauge(sample, averages[i].metric, last->value);
    }
}

static void read_disks(struct probe *probe, struct sample *sample)
{
    const char *rest = probe->text;
    size_t len = source_whole(probe, SOURCE_DISKSTATS);
    struct procfs_disk disk;
    struct device_totals totals;

    /* A failed read is no pass: it would look as if all disks had gone. */
    if (len == 0)
        return;
    device_rates_begin(probe->disk_rates, sample->uptime_ms);
    while (procfs_next_disk(&rest, &len, &disk)) {
        if (names_physical(&probe->disks, disk.name, probe->root, disk_is_physical))
            device_rates_add(probe->disk_rates, disk.name, disk.read_bytes, disk.written_bytes, disk.busy_ms);
    }
    device_rates_end(probe->disk_rates, &totals);
    names_forget_unseen(&probe->disks);

    if (!totals.any)
        return;
    sample_set_counter(sample, METRIC_DISK_READ, totals.in_total);
    sample_set_counter(sample, METRIC_DISK_WRITE, totals.out_total);
    if (totals.has_busy)
        sample_set_gauge(sample, METRIC_DISK_BUSY, totals.busy_percent);
}

static bool any_physical_nic(struct probe *probe, size_t len)
{
    const char *rest = probe->text;
    struct procfs_nic nic;

    while (procfs_next_nic(&rest, &len, &nic)) {
        if (names_physical(&probe->nics, nic.name, probe->root, nic_is_physical))
            return true;
    }
    return false;
}

static void read_nics(struct probe *probe, struct sample *sample)
{
    const char *rest = probe->text;
    size_t len = source_whole(probe, SOURCE_NET_DEV);
    struct procfs_nic nic;
    struct device_totals totals;

    if (len == 0)
        return;
    bool only_physical = any_physical_nic(probe, len);

    device_rates_begin(probe->nic_rates, sample->uptime_ms);
    while (procfs_next_nic(&rest, &len, &nic)) {
        bool physical = names_physical(&probe->nics, nic.name, probe->root, nic_is_physical);

        if (only_physical ? physical : strcmp(nic.name, "lo") != 0)
            device_rates_add(probe->nic_rates, nic.name, nic.rx_bytes, nic.tx_bytes, 0);
    }
    device_rates_end(probe->nic_rates, &totals);
    names_forget_unseen(&probe->nics);

    if (!totals.any)
        return;
    sample_set_counter(sample, METRIC_NET_RX, totals.in_total);
    sample_set_counter(sample, METRIC_NET_TX, totals.out_total);
}

void probe_read(struct probe *probe, uint64_t uptime_ms, struct sample *sample)
{
    sample->uptime_ms = uptime_ms;
    sample->present = 0;
    read_cpu(probe, sample);
    read_memory(probe, sample);
    read_averages(probe, sample);
    read_disks(probe, sample);
    read_nics(probe, sample);
}

void probe_node(struct probe *probe, struct probe_node *node)
{
    struct procfs_memory memory;
    size_t len = source_whole(probe, SOURCE_STAT);

    *node = (struct probe_node){0};
    procfs_parse_cores(probe->text, len, &node->cores);
    len = source_head(probe, SOURCE_MEMINFO);
    if (procfs_parse_memory(probe->text, len, &memory) == 0)
        node->memory_bytes = memory.total;
}

static bool can_read_cpu_or_memory(struct probe *probe)
{
    struct procfs_cpu cpu;
    struct procfs_memory memory;
    size_t len = source_head(probe, SOURCE_STAT);

    if (procfs_parse_cpu(probe->text, len, &cpu) == 0)
        return true;
    len = source_head(probe, SOURCE_MEMINFO);
    return procfs_parse_memory(probe->text, len, &memory) == 0;
}

int probe_new(const char *root, struct probe **probe)
{
    struct probe *new = calloc(1, sizeof *new);

    if (new == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < SOURCE_COUNT; i++)
        new->source[i].fd = -1;
    new->root = strdup(root);
    new->disk_rates = device_rates_new(DISKS_MAX);
    new->nic_rates = device_rates_new(NICS_MAX);

    int error = 0;
    if (new->root == NULL || new->disk_rates == NULL || new->nic_rates == NULL)
        error = -ENOMEM;
    else if (!can_read_cpu_or_memory(new))
        error = -ENOENT;
    if (error != 0) {
        probe_free(new);
        return error;
    }
    *probe = new;
    return 0;
}

void probe_free(struct probe *probe)
{
    if (probe == NULL)
        return;
    for (unsigned i = 0; i < SOURCE_COUNT; i++) {
        if (probe->source[i].fd >= 0)
            close(probe->source[i].fd);
    }
    device_rates_free(probe->disk_rates);
    device_rates_free(probe->nic_rates);
    free(probe->root);
    free(probe);
}
