#include "agent/metrics/cgroup_text.h"

#include <errno.h>
#include <string.h>

#define NO_LIMIT_1 (UINT64_C(1) << 62) /* version 1 writes "no limit" as 2^63 - 1, rounded down to pages */
#define CPUS_MAX   65536U

struct part {
    const char *at;
    const char *end;
};

static struct part part_of(const char *text, size_t len)
{
    return (struct part){text, text + len};
}

/* A line without its newline; the last one may lack it. */
static bool next_line(struct part *text, struct part *line)
{
    size_t len = (size_t)(text->end - text->at);
    const char *newline = len > 0 ? memchr(text->at, '\n', len) : NULL;

    if (len == 0)
        return false;
    *line = (struct part){text->at, newline != NULL ? newline : text->end};
    text->at = newline != NULL ? newline + 1 : text->end;
    return true;
}

static bool next_word(struct part *line, struct part *word)
{
    while (line->at < line->end && *line->at == ' ')
        line->at++;
    word->at = line->at;
    while (line->at < line->end && *line->at != ' ')
        line->at++;
    word->end = line->at;
    return word->at < word->end;
}

static bool is(struct part word, const char *text)
{
    size_t len = strlen(text);

    return (size_t)(word.end - word.at) == len && memcmp(word.at, text, len) == 0;
}

/* Digits from the front of *text; at least one. */
static bool take_digits(struct part *text, uint64_t *number)
{
    const char *begin = text->at;
    uint64_t taken = 0;

    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++)
        if (__builtin_mul_overflow(taken, 10U, &taken) ||
            __builtin_add_overflow(taken, (unsigned char)(*text->at - '0'), &taken))
            return false;
    if (text->at == begin)
        return false;
    *number = taken;
    return true;
}

static bool whole_number(struct part word, uint64_t *number)
{
    uint64_t taken;

    if (!take_digits(&word, &taken) || word.at < word.end)
        return false;
    *number = taken;
    return true;
}

static bool next_number(struct part *line, uint64_t *number)
{
    struct part word;

    return next_word(line, &word) && whole_number(word, number);
}

/* ---- numbers ---- */

int cgroup_text_number(const char *text, size_t len, uint64_t *number)
{
    struct part rest = part_of(text, len);
    struct part line, word;
    uint64_t taken = CGROUP_UNLIMITED;

    if (!next_line(&rest, &line) || !next_word(&line, &word) || (!is(word, "max") && !whole_number(word, &taken)))
        return -EBADMSG;
    *number = taken >= NO_LIMIT_1 ? CGROUP_UNLIMITED : taken;
    return 0;
}

int cgroup_text_value(const char *text, size_t len, const char *key, uint64_t *value)
{
    struct part rest = part_of(text, len);
    struct part line, word;

    while (next_line(&rest, &line))
        if (next_word(&line, &word) && is(word, key))
            return next_number(&line, value) ? 0 : -EBADMSG;
    return -EBADMSG;
}

/* ---- cpus ---- */

uint64_t cgroup_text_quota_of(uint64_t quota_us, uint64_t period_us)
{
    if (quota_us == CGROUP_UNLIMITED || period_us == 0 || quota_us > UINT64_MAX / 1000)
        return CGROUP_UNLIMITED;
    uint64_t cpu_milli = quota_us * 1000 / period_us;
    return cpu_milli > 0 ? cpu_milli : 1;
}

int cgroup_text_quota(const char *text, size_t len, uint64_t *cpu_milli)
{
    struct part rest = part_of(text, len);
    struct part line, word;
    uint64_t quota_us = CGROUP_UNLIMITED, period_us = 0;

    if (!next_line(&rest, &line) || !next_word(&line, &word) || (!is(word, "max") && !whole_number(word, &quota_us)) ||
        !next_number(&line, &period_us) || period_us == 0)
        return -EBADMSG;
    *cpu_milli = cgroup_text_quota_of(quota_us, period_us);
    return 0;
}

int cgroup_text_cpus(const char *text, size_t len, uint64_t *cpus)
{
    struct part rest = part_of(text, len);
    struct part list, line;
    uint64_t count = 0, first, last;

    if (!next_line(&rest, &line) || !next_word(&line, &list))
        return -EBADMSG;
    while (list.at < list.end) {
        if (!take_digits(&list, &first))
            return -EBADMSG;
        last = first;
        if (list.at < list.end && *list.at == '-') {
            list.at++;
            if (!take_digits(&list, &last))
                return -EBADMSG;
        }
        if (last < first || last >= CPUS_MAX || (list.at < list.end && *list.at++ != ','))
            return -EBADMSG;
        count += last - first + 1;
    }
    *cpus = count;
    return 0;
}

/* ---- input and output ---- */

static bool take_device(struct part word, char device[CGROUP_DEVICE_MAX])
{
    struct part rest = word;
    size_t len = (size_t)(word.end - word.at);
    uint64_t number;

    if (len >= CGROUP_DEVICE_MAX || !take_digits(&rest, &number) || rest.at == rest.end || *rest.at++ != ':' ||
        !whole_number(rest, &number))
        return false;
    memcpy(device, word.at, len);
    device[len] = '\0';
    return true;
}

/* "rbytes=NUMBER" */
static bool take_key(struct part word, const char *key, uint64_t *number)
{
    size_t len = strlen(key);

    if ((size_t)(word.end - word.at) <= len || memcmp(word.at, key, len) != 0)
        return false;
    word.at += len;
    return whole_number(word, number);
}

/* "8:0 rbytes=1 wbytes=2 rios=3 ...". Some kernels write a device without figures in front of the next one, on the same
 * line: the last device counts. */
static bool parse_io(struct part line, struct cgroup_io *io)
{
    bool has_device = false, has_read = false, has_written = false;
    struct part word;

    while (next_word(&line, &word)) {
        has_device = take_device(word, io->device) || has_device;
        has_read = take_key(word, "rbytes=", &io->read_bytes) || has_read;
        has_written = take_key(word, "wbytes=", &io->written_bytes) || has_written;
    }
    return has_device && has_read && has_written;
}

bool cgroup_text_next_io(const char **text, size_t *len, struct cgroup_io *io)
{
    struct part rest = part_of(*text, *len);
    struct part line;
    bool found = false;

    while (!found && next_line(&rest, &line))
        found = parse_io(line, io);
    *text = rest.at;
    *len = (size_t)(rest.end - rest.at);
    return found;
}

/* "8:0 Read 4096" */
static bool parse_direction(struct part line, const char *direction, char device[CGROUP_DEVICE_MAX], uint64_t *bytes)
{
    struct part word;

    return next_word(&line, &word) && take_device(word, device) && next_word(&line, &word) && is(word, direction) &&
           next_number(&line, bytes);
}

bool cgroup_text_next_io_1(const char **text, size_t *len, struct cgroup_io *io)
{
    struct part rest = part_of(*text, *len);
    struct part line;
    char device[CGROUP_DEVICE_MAX];
    bool has_read = false, found = false;

    while (!found && next_line(&rest, &line)) {
        if (parse_direction(line, "Read", device, &io->read_bytes)) {
            memcpy(io->device, device, sizeof device);
            has_read = true;
        } else {
            found = has_read && parse_direction(line, "Write", device, &io->written_bytes) &&
                    strcmp(device, io->device) == 0;
        }
    }
    *text = rest.at;
    *len = (size_t)(rest.end - rest.at);
    return found;
}
