/* Pure. The lines in which a program reports the values of signals:
 *
 *     signal NAME VALUE AGE_MS [nodes N] [floor N]
 *     missing NAME one sentence
 *
 * VALUE is a number from 0, and AGE_MS how old it is in whole milliseconds. `nodes` is how many nodes there are, where
 * no agents run, and `floor` how many are needed at least. A line has at most FEED_LINE_MAX bytes without its end.
 * Lines with another first word are for later versions, and are ignored. docs/signals.md describes them for users. */
#ifndef FEED_FEED_LINE_H
#define FEED_FEED_LINE_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum feed_line_kind {
    FEED_LINE_OTHER, /* an empty line, or another first word */
    FEED_LINE_SIGNAL,
    FEED_LINE_MISSING
};

struct feed_line {
    enum feed_line_kind kind;
    char name[SIGNAL_NAME_LEN_MAX + 1];
    double value; /* of FEED_LINE_SIGNAL, and so are the next ones */
    int64_t age_ms;
    bool has_nodes;
    bool has_floor;
    unsigned nodes;
    unsigned floor;
    char sentence[FEED_LINE_MAX + 1]; /* of FEED_LINE_MISSING: printable ASCII, not empty */
};

/* Takes the text of a line without its end. A signal whose value, age or numbers can't be used is missing, and the
 * sentence names the fault. Returns 0, or -EINVAL with the reason in error: it is not known which signal the line
 * means. */
int feed_line_parse(const char *text, size_t len, struct feed_line *line, char *error, size_t error_size);

/* Writes a line of kind FEED_LINE_SIGNAL or FEED_LINE_MISSING with its end and a 0; the sentence is cut if it is too
 * long. Returns the length. */
size_t feed_line_format(const struct feed_line *line, char text[FEED_LINE_MAX + 2]);

#endif
