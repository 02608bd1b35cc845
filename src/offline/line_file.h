/* Reads a CSV file line by line, with file and line number in each error. Lines get the plain form (plain_line.h)
 * before they are handed on: a byte order mark, line ends of CR and LF, quotes and semicolons of spreadsheets are no
 * errors, and neither is a last line without a line end. */
#ifndef OFFLINE_LINE_FILE_H
#define OFFLINE_LINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct file_line {
    size_t number; /* from 1 */
    const char *text;
    size_t len; /* without its line end */
};

/* Returns 0 or a negative errno. -EINVAL, with the reason: the line is bad. */
typedef int line_cb(const struct file_line *line, void *arg, char *reason, size_t size);

struct line_file {
    const char *path;
    line_cb *on_line;
    void *arg;
    bool skip_bad;       /* counts and skips bad lines, but not a bad header, the first line */
    size_t bad;          /* number of skipped lines */
    char first_bad[256]; /* the first of them, and the reason */
};

/* Returns 0, or a negative errno with file, line and reason in error. Shows the progress on a terminal. */
int line_file_read(struct line_file *file, char *error, size_t size);

/* Warns on standard error if bad lines were skipped. */
void line_file_warn(const struct line_file *file);

#endif
