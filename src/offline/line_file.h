/* Reads a text file line by line, and tells where it went wrong. */
#ifndef OFFLINE_LINE_FILE_H
#define OFFLINE_LINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct file_line {
    size_t number; /* from 1 */
    const char *text;
    size_t len; /* without its line end */
    bool whole; /* it has one */
};

/* 0, or a negative errno; -EINVAL with a reason: the line is bad. */
typedef int line_cb(const struct file_line *line, void *arg, char *reason, size_t size);

struct line_file {
    const char *path;
    line_cb *on_line;
    void *arg;
    bool skip_bad;       /* bad lines but the first, the header, are counted and left out */
    size_t bad;          /* so many were */
    char first_bad[256]; /* the first of them, and why */
};

/* 0, or a negative errno with file, line and reason in error. Shows its progress on a terminal. */
int line_file_read(struct line_file *file, char *error, size_t size);

/* Says on standard error how many bad lines were left out, if any were. */
void line_file_warn(const struct line_file *file);

#endif
