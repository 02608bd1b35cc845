#include "agent/metrics/procfs.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct span {
    const char *at;
    const char *end;
};

static size_t span_len(struct span span)
{
    return (size_t)(span.end - span.at);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A line without its end, "\n" or "\r\n". An incomplete last line is not returned. */
static bool next_line(struct span *text, struct span *line)
{
    const char *newline = memchr(text->at, '\n', span_len(*text));

    if (newline == NULL)
        return false;
    *line = (struct span){text->at, newline};
    if (newline > text->at && newline[-1] == '\r')
        line->end--;
    text->at = newline + 1;
    return true;
}

static bool take_prefix(struct span *line, const char *prefix)
{
    size_t len = strlen(prefix);

    if (span_len(*line) < len || memcmp(line->at, prefix, len) != 0)
        return false;
    line->at += len;
    return true;
}

static void skip_blanks(struct span *line)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
}

/* What stands between blanks; false at the end of the line. */
static bool take_word(struct span *line, struct span *word)
{
    skip_blanks(line);
    word->at = line->at;
    while (line->at < line->end && !is_blank(*line->at))
        line->at++;
    word->end = line->at;
    return word->at < word->end;
}

static bool skip_words(struct span *line, unsigned count)
{
    struct span word;

    while (count > 0 && take_word(line, &word))
        count--;
    return count == 0;
}

static bool append_digit(uint64_t *number, char c)
{
    uint64_t digit = (uint64_t)(unsigned char)c - '0';

    return is_digit(c) && !__builtin_mul_overflow(*number, 10U, number) &&
           !__builtin_add_overflow(*number, digit, number);
}

/* Reads each byte once: numbers are most of what there is to parse. */
static bool take_number(struct span *line, uint64_t *value)
{
    uint64_t number = 0;
    struct span rest;

    skip_blanks(line);
    const char *begin = line->at;
    while (line->at < line->end && append_digit(&number, *line->at))
        line->at++;
    bool is_whole = line->at > begin && (line->at == line->end || is_blank(*line->at));
    if (is_whole)
        *value = number;
    else
        (void)take_word(line, &rest);
    return is_whole;
}

/* "12.34". Not strtod, which wants a 0 at the end and reads the locale's decimal point. */
static bool take_decimal(struct span *line, double *value)
{
    struct span word;
    uint64_t digits = 0;
    double divisor = 1.0;
    bool fraction = false;

    if (!take_word(line, &word) || !is_digit(*word.at))
        return false;
    for (; word.at < word.end; word.at++) {
        if (*word.at == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (!append_digit(&digits, *word.at))
            return false;
        if (fraction)
            divisor *= 10.0;
    }
    *value = (double)digits / divisor;
    return true;
}

static bool copy_name(struct span word, char name[PROCFS_DEVICE_NAME_MAX])
{
    size_t len = span_len(word);

    if (len == 0 || len >= PROCFS_DEVICE_NAME_MAX || memchr(word.at, '\0', len) != NULL)
        return false;
    memcpy(name, word.at, len);
    name[len] = '\0';
    return true;
}

/* ---- cpu ---- */

/* The columns after "cpu" are those of enum procfs_cpu_field; guest and guest_nice follow, and are within user and
 * nice. */
static int cpu_from_line(struct span line, struct procfs_cpu *cpu)
{
    struct procfs_cpu found = {0};

    while (found.fields < PROCFS_CPU_FIELDS && take_number(&line, &found.ticks[found.fields]))
        found.fields++;
    if (found.fields < PROCFS_CPU_FIELDS_MIN)
        return -EBADMSG;
    *cpu = found;
    return 0;
}

static bool has_ticks(const struct procfs_cpu *cpu)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < PROCFS_CPU_FIELDS; i++)
        any |= cpu->ticks[i];
    return any != 0;
}

/* Some containers have two such lines, and only zeros in the first. */
int procfs_parse_cpu(const char *text, size_t len, struct procfs_cpu *cpu)
{
    struct span rest = {text, text + len};
    struct span line;
    struct procfs_cpu found;
    int rc = -EBADMSG;

    while (next_line(&rest, &line)) {
        if (!take_prefix(&line, "cpu ") || cpu_from_line(line, &found) < 0)
            continue;
        *cpu = found;
        rc = 0;
        if (has_ticks(&found))
            break;
    }
    return rc;
}

int procfs_parse_cores(const char *text, size_t len, unsigned *cores)
{
    struct span rest = {text, text + len};
    struct span line;
    unsigned count = 0;

    while (next_line(&rest, &line)) {
        if (take_prefix(&line, "cpu") && line.at < line.end && is_digit(*line.at))
            count++;
    }
    if (count == 0)
        return -EBADMSG;
    *cores = count;
    return 0;
}

/* ---- memory ---- */

/* In the order in which the kernel writes them. */
enum {
    MEM_TOTAL,
    MEM_FREE,
    MEM_AVAILABLE,
    MEM_BUFFERS,
    MEM_CACHED,
    MEM_SWAP_TOTAL,
    MEM_SWAP_FREE,
    MEM_SHMEM,
    MEM_SRECLAIMABLE,
    MEM_HUGE_PAGES,   /* pages of the default size */
    MEM_HUGE_SURPLUS, /* of these, those beyond the pool, taken when a program asked for them */
    MEM_HUGE_SIZE,
    MEM_HUGETLB, /* pools of all sizes; since Linux 4.16 */
    MEM_FIELDS
};

static const char *const memory_label[MEM_FIELDS] = {
    [MEM_TOTAL] = "MemTotal:",
    [MEM_FREE] = "MemFree:",
    [MEM_AVAILABLE] = "MemAvailable:",
    [MEM_BUFFERS] = "Buffers:",
    [MEM_CACHED] = "Cached:",
    [MEM_SWAP_TOTAL] = "SwapTotal:",
    [MEM_SWAP_FREE] = "SwapFree:",
    [MEM_SHMEM] = "Shmem:",
    [MEM_SRECLAIMABLE] = "SReclaimable:",
    [MEM_HUGE_PAGES] = "HugePages_Total:",
    [MEM_HUGE_SURPLUS] = "HugePages_Surp:",
    [MEM_HUGE_SIZE] = "Hugepagesize:",
    [MEM_HUGETLB] = "Hugetlb:",
};

/* Bounds a number of KiB so that several of them can be added up, as bytes too. */
#define MEMORY_KIB_MAX (UINT64_MAX / 1024 / 8)

/* The lines that could be read: KiB, or pages. */
struct meminfo {
    uint64_t value[MEM_FIELDS];
    unsigned found; /* a bit each */
};

/* Takes the label of the line and returns which it is; MEM_FIELDS: another one. next is the one behind that of the last
 * such line. */
static unsigned take_label(struct span *line, unsigned next)
{
    unsigned i = 0;

    if (next < MEM_FIELDS && take_prefix(line, memory_label[next]))
        return next;
    /* Half of the lines begin with other letters. */
    if (line->at == line->end || strchr("MBCSH", *line->at) == NULL)
        return MEM_FIELDS;
    while (i < MEM_FIELDS && (*line->at != *memory_label[i] || !take_prefix(line, memory_label[i])))
        i++;
    return i;
}

/* Returns the label that comes next. */
static unsigned memory_from_line(struct span line, unsigned next, struct meminfo *info)
{
    unsigned i = take_label(&line, next);
    uint64_t value;

    if (i == MEM_FIELDS)
        return next;
    if (take_number(&line, &value) && value <= MEMORY_KIB_MAX) {
        info->value[i] = value;
        info->found |= 1U << i;
    }
    return i + 1;
}

/* KiB of some huge pages; 0 if these would be more than the whole memory. */
static uint64_t huge_kib(const struct meminfo *info, uint64_t pages)
{
    uint64_t size = info->value[MEM_HUGE_SIZE];

    return size > 0 && pages <= info->value[MEM_TOTAL] / size ? pages * size : 0;
}

/* A pool of huge pages is set aside when it is made: it is neither used by the node's load nor available to it. */
static uint64_t pool_kib(const struct meminfo *info)
{
    uint64_t pool = huge_kib(info, info->value[MEM_HUGE_PAGES]);
    uint64_t surplus = huge_kib(info, info->value[MEM_HUGE_SURPLUS]);

    if (info->value[MEM_HUGETLB] > pool)
        pool = info->value[MEM_HUGETLB];
    pool -= surplus < pool ? surplus : pool;
    return pool < info->value[MEM_TOTAL] ? pool : 0;
}

/* As free(1) estimates it: the caches can be dropped, except for shared memory, which counts as cached. */
static uint64_t estimate_available(const struct meminfo *info)
{
    uint64_t cached = info->value[MEM_CACHED];
    uint64_t shared = info->value[MEM_SHMEM] < cached ? info->value[MEM_SHMEM] : cached;

    return info->value[MEM_FREE] + info->value[MEM_BUFFERS] + cached - shared + info->value[MEM_SRECLAIMABLE];
}

/* Kernels before 3.14 have no MemAvailable. In containers it can be the host's, and exceed the total; some have 0
 * beside free memory. */
static int available_kib(const struct meminfo *info, uint64_t total, uint64_t *available)
{
    uint64_t reported = info->value[MEM_AVAILABLE];
    uint64_t estimate = estimate_available(info);
    bool can_be = info->found & 1U << MEM_AVAILABLE && reported <= total && (reported > 0 || estimate == 0);
    bool can_estimate = (info->found & 1U << MEM_FREE) != 0;

    if (!can_be && !can_estimate)
        return -EBADMSG;
    uint64_t best = can_be ? reported : estimate <= total ? estimate : info->value[MEM_FREE];
    if (best > total)
        return -EBADMSG;
    *available = best;
    return 0;
}

int procfs_parse_memory(const char *text, size_t len, struct procfs_memory *memory)
{
    const unsigned all = (1U << MEM_FIELDS) - 1;
    struct span rest = {text, text + len};
    struct span line;
    struct meminfo info = {.found = 0};
    unsigned next = 0;
    uint64_t available;

    while (info.found != all && next_line(&rest, &line))
        next = memory_from_line(line, next, &info);
    if (info.value[MEM_TOTAL] == 0)
        return -EBADMSG;

    uint64_t total = info.value[MEM_TOTAL] - pool_kib(&info);
    int rc = available_kib(&info, total, &available);
    if (rc < 0)
        return rc;
    /* Swap needs both lines, and what is free can't exceed the total. */
    bool swap = info.found & 1U << MEM_SWAP_FREE && info.value[MEM_SWAP_FREE] <= info.value[MEM_SWAP_TOTAL];
    *memory = (struct procfs_memory){
        .total = total * 1024,
        .available = available * 1024,
        .swap_total = swap ? info.value[MEM_SWAP_TOTAL] * 1024 : 0,
        .swap_free = info.value[MEM_SWAP_FREE] * 1024,
    };
    return 0;
}

/* ---- averages ---- */

#define LOAD_MAX 4194304.0 /* as many tasks as there can be: PID_MAX_LIMIT of the kernel's include/linux/threads.h */

int procfs_parse_load1(const char *text, size_t len, double *load1)
{
    struct span rest = {text, text + len};
    struct span line;
    double load;

    if (!next_line(&rest, &line) || !take_decimal(&line, &load) || load > LOAD_MAX)
        return -EBADMSG;
    *load1 = load;
    return 0;
}

int procfs_parse_pressure(const char *text, size_t len, double *percent)
{
    struct span rest = {text, text + len};
    struct span line;

    while (next_line(&rest, &line)) {
        if (take_prefix(&line, "some avg10="))
            return take_decimal(&line, percent) ? 0 : -EBADMSG;
    }
    return -EBADMSG;
}

/* ---- devices ---- */

/* A column that is not needed to be right: some kernels have printed a negative number of requests in flight. */
static uint64_t take_any(struct span *line)
{
    uint64_t value;

    return take_number(line, &value) ? value : 0;
}

static bool disk_from_line(struct span line, struct procfs_device *disk)
{
    struct span name;

    if (!skip_words(&line, 2) || !take_word(&line, &name) || !copy_name(name, disk->name))
        return false;
    disk->counters = line.at;
    disk->counters_len = span_len(line);
    return true;
}

/* READS merged SECTORS ms  WRITES merged SECTORS ms  IN-FLIGHT BUSY weighted
 * DISCARDS merged sectors ms  FLUSHES ms    (since Linux 4.18 and 5.5) */
int procfs_disk_counters(const struct procfs_device *disk, struct procfs_disk_counters *counters)
{
    struct span line = {disk->counters, disk->counters + disk->counters_len};
    struct procfs_disk_counters found;

    found.completed = take_any(&line);
    if (!skip_words(&line, 1) || !take_number(&line, &found.sectors_read) || !skip_words(&line, 1))
        return -EBADMSG;
    found.completed += take_any(&line);
    if (!skip_words(&line, 1) || !take_number(&line, &found.sectors_written) || !skip_words(&line, 1))
        return -EBADMSG;
    found.in_flight = take_any(&line);
    if (!take_number(&line, &found.busy_ms))
        return -EBADMSG;
    (void)skip_words(&line, 1);
    found.completed += take_any(&line);
    (void)skip_words(&line, 3);
    found.completed += take_any(&line);
    *counters = found;
    return 0;
}

/*   name: RX-BYTES and seven more, TX-BYTES and seven more. A name can have colons, and a long count may follow the
 * last colon without a blank. */
static bool nic_from_line(struct span line, struct procfs_device *nic)
{
    const char *colon = memrchr(line.at, ':', span_len(line));
    struct span head, name, extra;

    if (colon == NULL)
        return false;
    head = (struct span){line.at, colon};
    if (!take_word(&head, &name) || take_word(&head, &extra) || !copy_name(name, nic->name))
        return false;
    nic->counters = colon + 1;
    nic->counters_len = (size_t)(line.end - nic->counters);
    return true;
}

/* RX-BYTES and seven more, TX-BYTES and seven more. */
int procfs_nic_bytes(const struct procfs_device *nic, uint64_t *rx_bytes, uint64_t *tx_bytes)
{
    struct span line = {nic->counters, nic->counters + nic->counters_len};
    uint64_t rx, tx;

    if (!take_number(&line, &rx) || !skip_words(&line, 7) || !take_number(&line, &tx))
        return -EBADMSG;
    *rx_bytes = rx;
    *tx_bytes = tx;
    return 0;
}

typedef bool device_from_line(struct span line, struct procfs_device *device);

static int next_device(const char **text, size_t *len, device_from_line *from_line, struct procfs_device *device)
{
    struct span rest = {*text, *text + *len};
    struct span line;
    bool found = false;

    while (!found && next_line(&rest, &line))
        found = from_line(line, device);
    *text = rest.at;
    *len = span_len(rest);
    return found;
}

int procfs_next_disk(const char **text, size_t *len, struct procfs_device *disk)
{
    return next_device(text, len, disk_from_line, disk);
}

int procfs_next_nic(const char **text, size_t *len, struct procfs_device *nic)
{
    return next_device(text, len, nic_from_line, nic);
}

int procfs_parse_disk_stat(const char *text, size_t len, struct procfs_disk_counters *counters)
{
    struct span rest = {text, text + len};
    struct span line;

    if (!next_line(&rest, &line))
        return -EBADMSG;
    const struct procfs_device disk = {.counters = line.at, .counters_len = span_len(line)};
    return procfs_disk_counters(&disk, counters);
}

int procfs_parse_number(const char *text, size_t len, uint64_t *number)
{
    struct span rest = {text, text + len};
    struct span line;

    return next_line(&rest, &line) && take_number(&line, number) ? 0 : -EBADMSG;
}
