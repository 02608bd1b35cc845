/* Reads a file line by line through a fixed buffer. */
#ifndef COLLECTOR_STORE_LINES_H
#define COLLECTOR_STORE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_BUFFER 65536U

struct lines {
    int fd;
    uint64_t offset; /* of the next line in the file */
    size_t start;    /* of the next line in the buffer */
    size_t end;
    int error; /* negative errno of a failed read */
    char buffer[LINES_BUFFER];
};

void lines_init(struct lines *lines, int fd);

/* The next line, without its line end; valid until the next call. *whole is false for a last line that has none, and
 * for the pieces of one that is longer than the buffer. Returns false at the end, or on an error. */
bool lines_next(struct lines *lines, const char **line, size_t *len, bool *whole);

#endif
