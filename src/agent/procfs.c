#include "agent/procfs.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define SECTOR_SIZE 512U /* the unit of /proc/diskstats, whatever the disk's own sectors are */

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

/* A line without its newline. An incomplete last line is not returned. */
static bool next_line(struct span *text, struct span *line)
{
    const char *newline = memchr(text->at, '\n', span_len(*text));

    if (newline == NULL)
        return false;
    *line = (struct span){text->at, newline};
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

/* What stands between blanks; false at the end of the line. */
static bool take_word(struct span *line, struct span *word)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
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

static bool take_number(struct span *line, uint64_t *value)
{
    struct span word;
    uint64_t number = 0;

    if (!take_word(line, &word))
        return false;
    for (; word.at < word.end; word.at++) {
        if (!append_digit(&number, *word.at))
            return false;
    }
    *value = number;
    return true;
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

/* The columns after "cpu". guest and guest_nice follow; they are within user and nice. */
enum { CPU_USER, CPU_NICE, CPU_SYSTEM, CPU_IDLE, CPU_IOWAIT, CPU_IRQ, CPU_SOFTIRQ, CPU_STEAL, CPU_COLUMNS };

static int cpu_from_line(struct span line, struct procfs_cpu *cpu)
{
    uint64_t ticks[CPU_COLUMNS];
    uint64_t busy = 0;

    for (unsigned i = 0; i < CPU_COLUMNS; i++) {
        if (!take_number(&line, &ticks[i]))
            return -EBADMSG;
        if (i != CPU_IDLE && i != CPU_IOWAIT && __builtin_add_overflow(busy, ticks[i], &busy))
            return -EBADMSG;
    }
    *cpu = (struct procfs_cpu){
        .busy = busy, .idle = ticks[CPU_IDLE], .iowait = ticks[CPU_IOWAIT], .steal = ticks[CPU_STEAL]};
    return 0;
}

int procfs_parse_cpu(const char *text, size_t len, struct procfs_cpu *cpu)
{
    struct span rest = {text, text + len};
    struct span line;

    while (next_line(&rest, &line)) {
        if (take_prefix(&line, "cpu "))
            return cpu_from_line(line, cpu);
    }
    return -EBADMSG;
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

enum { MEM_TOTAL, MEM_FREE, MEM_AVAILABLE, MEM_BUFFERS, MEM_CACHED, MEM_SWAP_TOTAL, MEM_SWAP_FREE, MEM_FIELDS };

static const char *const memory_label[MEM_FIELDS] = {
    [MEM_TOTAL] = "MemTotal:",     [MEM_FREE] = "MemFree:",  [MEM_AVAILABLE] = "MemAvailable:",
    [MEM_BUFFERS] = "Buffers:",    [MEM_CACHED] = "Cached:", [MEM_SWAP_TOTAL] = "SwapTotal:",
    [MEM_SWAP_FREE] = "SwapFree:",
};

/* Bounds a value so that three of them can be added up. */
#define MEMORY_BYTES_MAX (UINT64_MAX / 4)

/* Notes the line's value in bytes and returns its bit, or 0 for a line that is not wanted or can't be read. */
static unsigned memory_from_line(struct span line, uint64_t bytes[MEM_FIELDS])
{
    for (unsigned i = 0; i < MEM_FIELDS; i++) {
        uint64_t kib;

        if (!take_prefix(&line, memory_label[i]))
            continue;
        if (!take_number(&line, &kib) || kib > MEMORY_BYTES_MAX / 1024)
            return 0;
        bytes[i] = kib * 1024;
        return 1U << i;
    }
    return 0;
}

int procfs_parse_memory(const char *text, size_t len, struct procfs_memory *memory)
{
    const unsigned all = (1U << MEM_FIELDS) - 1;
    const unsigned estimate = 1U << MEM_FREE | 1U << MEM_BUFFERS | 1U << MEM_CACHED;
    struct span rest = {text, text + len};
    struct span line;
    uint64_t bytes[MEM_FIELDS] = {0};
    unsigned found = 0;

    while (found != all && next_line(&rest, &line))
        found |= memory_from_line(line, bytes);

    if (bytes[MEM_TOTAL] == 0)
        return -EBADMSG;
    if (!(found & 1U << MEM_AVAILABLE)) {
        if ((found & estimate) != estimate)
            return -EBADMSG;
        bytes[MEM_AVAILABLE] = bytes[MEM_FREE] + bytes[MEM_BUFFERS] + bytes[MEM_CACHED];
    }
    *memory = (struct procfs_memory){
        .total = bytes[MEM_TOTAL],
        .available = bytes[MEM_AVAILABLE],
        /* One is useless without the other. */
        .swap_total = found & 1U << MEM_SWAP_FREE ? bytes[MEM_SWAP_TOTAL] : 0,
        .swap_free = bytes[MEM_SWAP_FREE],
    };
    return 0;
}

int procfs_parse_load1(const char *text, size_t len, double *load1)
{
    struct span rest = {text, text + len};
    struct span line;

    return next_line(&rest, &line) && take_decimal(&line, load1) ? 0 : -EBADMSG;
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

/* major minor name  reads merged SECTORS ms  writes merged SECTORS ms  in-flight BUSY ...
 * The columns between are not looked at: some kernels have printed a negative number of requests in flight. */
static bool disk_from_line(struct span line, struct procfs_disk *disk)
{
    struct procfs_disk found;
    struct span name;
    uint64_t major, minor, sectors_read, sectors_written;

    if (!take_number(&line, &major) || !take_number(&line, &minor) || !take_word(&line, &name) ||
        !copy_name(name, found.name))
        return false;
    if (!skip_words(&line, 2) || !take_number(&line, &sectors_read) || !skip_words(&line, 3) ||
        !take_number(&line, &sectors_written) || !skip_words(&line, 2) || !take_number(&line, &found.busy_ms))
        return false;
    /* Modulo 2^64, so that these wrap where a counter of bytes would. */
    found.read_bytes = sectors_read * SECTOR_SIZE;
    found.written_bytes = sectors_written * SECTOR_SIZE;
    *disk = found;
    return true;
}

/*   name: RX-BYTES and seven more, TX-BYTES and seven more. A long count may follow the colon without a blank. */
static bool nic_from_line(struct span line, struct procfs_nic *nic)
{
    struct procfs_nic found;
    const char *colon = memchr(line.at, ':', span_len(line));
    struct span head, name, extra;

    if (colon == NULL)
        return false;
    head = (struct span){line.at, colon};
    line.at = colon + 1;
    if (!take_word(&head, &name) || take_word(&head, &extra) || !copy_name(name, found.name))
        return false;
    if (!take_number(&line, &found.rx_bytes) || !skip_words(&line, 7) || !take_number(&line, &found.tx_bytes))
        return false;
    *nic = found;
    return true;
}

int procfs_next_disk(const char **text, size_t *len, struct procfs_disk *disk)
{
    struct span rest = {*text, *text + *len};
    struct span line;
    bool found = false;

    while (!found && next_line(&rest, &line))
        found = disk_from_line(line, disk);
    *text = rest.at;
    *len = span_len(rest);
    return found;
}

int procfs_next_nic(const char **text, size_t *len, struct procfs_nic *nic)
{
    struct span rest = {*text, *text + *len};
    struct span line;
    bool found = false;

    while (!found && next_line(&rest, &line))
        found = nic_from_line(line, nic);
    *text = rest.at;
    *len = span_len(rest);
    return found;
}
