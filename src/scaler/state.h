/* Pure. What the scalers of all groups remember, as text and back: so that after a restart they decide as if there had
 * been none.
 *
 *     headroom-scaler-state 3                    the version; any other one is refused
 *     taken 2f1c...-9a41 81230000 1764000000000  boot id, monotonic and wall clock when this was taken
 *     group web
 *     said 81200000 hold 6 forecast none         what was last said of it, and when; "said -": nothing
 *     desired 6 decided                          the last count; "assumed": there was no decision from data yet
 *     tick 81230000 15000 120000                 the last tick, and the interval and lead time then
 *     arriving 2 81110000 2 81125000 1           orders: how many, and of each when and how many nodes
 *     leaving 0
 *     taken-back 0                               orders that newer ones took back: when, when ordered, how many nodes
 *     leads 1 0001d4c0                           lead times seen, and other lists, by state_text.h
 *     ...
 *     end 1 0123456789abcdef                     groups; FNV-1a, 64 bits, of all that comes before it
 *
 * There is one way to write each of them, so whatever was changed is seen.
 *
 * Monotonic times mean something within one boot only. When a text of another boot is read, they are moved by what the
 * wall clock says has passed. Where that puts the last tick into the future, or more than a day back, nobody knows when
 * anything was, or it is of no more effect: then only the count is kept, as an assumed one that gives way to more nodes
 * if more are known, and the stabilization window is seen anew. */
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

/* When and in which boot of the machine. The id is printable and has no blanks. */
struct state_moment {
    char boot[STATE_BOOT_LEN_MAX + 1];
    int64_t mono_ms;
    int64_t wall_ms;
};

struct state_group {
    char name[NAME_LEN_MAX + 1];
    struct scaler *scaler;
    bool has_said;
    int64_t said_ms;
    struct decision said; /* of what is read, only what decision_same() compares */
};

/* ---- writing ---- */

/* One text: its beginning, each group, its end. The checksum of a large text takes a while, so state_end() may run on
 * another thread, as the writing of the file does. state_end() returns 0, or the first error of the three:
 *   -ENOMEM  no memory
 *   -EFBIG   longer than STATE_LEN_MAX */
void state_begin(struct state_text *out, const struct state_moment *taken);
void state_add(struct state_text *out, const struct state_group *group);
int state_end(struct state_text *out);

/* ---- reading ---- */

struct state_reader {
    struct state_cursor cursor;
    unsigned left; /* groups */
    struct state_moment taken;
    int64_t now_ms;
    int64_t shift_ms; /* from the times of the text to those of now */
};

/* text: must live as long as the reader. 0, or with *reader untouched
 *     -ENOTSUP  of another version
 *     -EBADMSG  damaged anywhere, or not such a text */
int state_open(struct state_reader *reader, const char *text, size_t len, const struct state_moment *now);

/* The next group. 1: it is in *group, its scaler with times of now and owned by the caller. 0: there are no more.
 * Otherwise *group is untouched: -EBADMSG, and nothing of the text is to be believed, or -ENOMEM. */
int state_next(struct state_reader *reader, struct state_group *group);

#endif
