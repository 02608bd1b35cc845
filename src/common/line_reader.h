/* Pure. Reads a file line by line through a fixed buffer. */
#ifndef COMMON_LINE_READER_H
#define COMMON_LINE_READER_H

#include "common/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_READER_BUFFER 65536U

struct line_reader {
    const struct disk *disk;
    int file;
    uint64_t offset; /* of the next line in the file */
    uint64_t limit;  /* no line from there on is read */
    size_t start;    /* of the next line in the buffer */
    size_t end;
    int error; /* negative errno of a failed read */
    char buffer[LINE_READER_BUFFER];
};

/* Disk and file stay the caller's. */
void line_reader_init(struct line_reader *lines, const struct disk *disk, int file);

/* Ends the reading at that offset, which is that of a line. */
void line_reader_limit(struct line_reader *lines, uint64_t end);

/* The next line, without its line end; valid until the next call. *whole is false for a last line without a line end,
 * and for the pieces of a line that is longer than the buffer. Returns false at the end, or on an error. */
bool line_reader_next(struct line_reader *lines, const char **line, size_t *len, bool *whole);

#endif
