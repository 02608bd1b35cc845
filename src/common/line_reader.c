#include "common/line_reader.h"

#include <string.h>

void line_reader_init(struct line_reader *lines, const struct disk *disk, int file)
{
    lines->disk = disk;
    lines->file = file;
    lines->offset = 0;
    lines->limit = UINT64_MAX;
    lines->start = 0;
    lines->end = 0;
    lines->error = 0;
}

void line_reader_limit(struct line_reader *lines, uint64_t end)
{
    lines->limit = end;
}

/* Reads more behind what is left in the buffer. false at the end of the file, on an error, or if the buffer is full. */
static bool fill(struct line_reader *lines)
{
    memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
    lines->end -= lines->start;
    lines->start = 0;
    if (lines->end == sizeof lines->buffer)
        return false;
    ssize_t got = disk_read(lines->disk, lines->file, lines->buffer + lines->end, sizeof lines->buffer - lines->end,
                            lines->offset + lines->end);
    if (got < 0)
        lines->error = (int)got;
    if (got <= 0)
        return false;
    lines->end += (size_t)got;
    return true;
}

static void give(struct line_reader *lines, size_t len, size_t with_end, const char **line, size_t *line_len)
{
    *line = lines->buffer + lines->start;
    *line_len = len;
    lines->start += with_end;
    lines->offset += with_end;
}

bool line_reader_next(struct line_reader *lines, const char **line, size_t *len, bool *whole)
{
    while (lines->offset < lines->limit) {
        char *from = lines->buffer + lines->start;
        char *newline = memchr(from, '\n', lines->end - lines->start);
        if (newline != NULL) {
            *whole = true;
            give(lines, (size_t)(newline - from), (size_t)(newline - from) + 1, line, len);
            return true;
        }
        if (!fill(lines))
            break;
    }
    if (lines->error < 0 || lines->start == lines->end || lines->offset >= lines->limit)
        return false;
    *whole = false;
    give(lines, lines->end - lines->start, lines->end - lines->start, line, len);
    return true;
}
