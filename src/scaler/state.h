/* Pure. Converts the memory of all scalers to text and back, so that after a restart they decide as if there had been
 * none.
 *
 *     headroom-scaler-state 4                    the version; 3 is read too, any other is rejected
 *     taken 2f1c...-9a41 81230000 1764000000000  boot id, monotonic and wall clock of the text
 *     node web-1 ...                             any number of lines of the caller, which this module does not
 * interpret group web said 81200000 hold 6 forecast none         the last logged decision and its time; "said -": none
 *     desired 6 decided                          the last desired count; "assumed": no decision from data yet
 *     orders 1764000000 12 81110000              epoch and number of the last order; when the last one to scale out was
 *                                                stated, 0: never
 *     unordered 1 81100000 2                     nodes that came without an order: since when, and how many
 *     intentions 1 81110000 1 4                  orders that may be withdrawn: when, and the count desired before
 *     tick 81230000 15000 120000                 the last tick, and the interval and lead time then
 *     arriving 2 81110000 81125000               orders: when, when last stated, and nodes; arrays as in state_text.h
 *     leaving 0
 *     leads 1 0001d4c0                           observed lead times
 *     ...
 *     app-undone 1 405e000000000000               more of the resource app, if there is anything
 *     signal 0 web-requests 0 0                   each signal of the group, by its name
 *     ...
 *     end 1 0123456789abcdef                     number of groups; FNV-1a (hash.h) of all before it
 *
 * Every value has one spelling, so any change is detected.
 *
 * Monotonic times are valid within one boot only. The times of a text from another boot are shifted by the time that
 * has passed on the wall clock. If that puts the last tick into the future, the clock is not to be trusted; if more
 * than a day back, the memory has no effect any more. In both cases only the desired count is restored, as an assumed
 * one, which yields to a larger number of known nodes, and the stabilization window starts again. So is the desired
 * count of a text that is older than 2 minutes: what was ordered after it may have been lost. */
#ifndef SCALER_STATE_H
#define SCALER_STATE_H

#include "common/limits.h"
#include "scaler/decision.h"
#include "scaler/state_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scaler;

#define STATE_BOOT_LEN_MAX 64U

/* A time, and the boot of the machine that it belongs to. The boot id is printable and has no blanks. */
struct state_moment {
    char boot[STATE_BOOT_LEN_MAX + 1];
    int64_t mono_ms;
    int64_t wall_ms;
};

struct state_group {
    char name[NAME_LEN_MAX + 1];
    struct scaler *scaler;
    bool is_inherited; /* after reading: see inherit_is_unused() */
    bool has_said;     /* a decision of the group was logged: */
    int64_t said_ms;
    struct decision said; /* after reading, only the members that decision_same() compares */
};

/* ---- writing ---- */

/* A text is made of its beginning, any number of lines that state_put() writes and that begin with "node ", each group,
 * and its end. The checksum of a large text takes a while, so state_end()
 * may run on another thread. state_end() returns 0, or the first error of the three functions: -ENOMEM, or -EFBIG if
 * the text is longer than STATE_LEN_MAX. */
void state_begin(struct state_text *out, const struct state_moment *taken);
void state_add(struct state_text *out, const struct state_group *group);
int state_end(struct state_text *out);

/* ---- reading ---- */

struct state_reader {
    struct state_cursor cursor;
    unsigned version;
    unsigned left; /* groups to come */
    struct state_moment taken;
    int64_t now_ms;
    int64_t shift_ms; /* from the times of the text to the present clock */
};

/* text must live as long as the reader. Returns 0, or with *reader untouched
 *     -ENOTSUP  of another version
 *     -EBADMSG  damaged, or not a saved state */
int state_open(struct state_reader *reader, const char *text, size_t len, const struct state_moment *now);

/* Reads the next line that begins with "node ". Call it before state_next(), which skips those that are left. False:
 * there are no more. */
bool state_next_node(struct state_reader *reader, struct state_line *line);

/* Reads the next group. Returns 1: *group is set, its times are on the present clock, and the caller owns its scaler.
 * 0: there are no more. Otherwise *group is untouched: -ENOMEM, or -EBADMSG, which makes the whole text invalid. */
int state_next(struct state_reader *reader, struct state_group *group);

#endif
