/* Pure. The problems that the collector sees now: each has a kind, what it is about, since when it lasts, and a
 * sentence. They are kept up to date by looks: what a look does not note has ended.
 *
 * A problem is the same one as long as it has the same kind, group and subject; its sentence may change. */
#ifndef COLLECTOR_PROBLEMS_PROBLEMS_H
#define COLLECTOR_PROBLEMS_PROBLEMS_H

#include "collector/problems/problem_kinds.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1 /* without it, uthash ends the program when memory is out */
#include <uthash.h>

#define PROBLEM_TEXT_MAX 1024U /* bytes of a sentence, with its 0 */

struct problem_key {
    enum problem_kind kind;
    char group[NAME_LEN_MAX + 1];   /* empty: it is about none */
    char subject[NAME_LEN_MAX + 1]; /* a forwarder, a limit, a certificate; empty: the kind says all */
};

#define PROBLEM_KEY_LEN (offsetof(struct problem_key, subject) + NAME_LEN_MAX + 1) /* without padding */

struct problem {
    struct problem_key key;
    char node[NAME_LEN_MAX + 1]; /* the only one that it is about; empty: there are several, or none */
    int64_t since_ms;            /* Unix time */
    char text[PROBLEM_TEXT_MAX];
    bool is_firing; /* it has lasted for as long as its kind says */
    uint64_t look;  /* the last one that noted it */
    UT_hash_handle hh;
};

struct problems {
    struct problem *by_key;
    struct problem *
        *sorted; /* those that are shown, then the others; critical, warning, info; firing; the oldest; owned */
    unsigned count;
    unsigned shown;    /* to people: all but those of severity info that are not firing */
    unsigned room;     /* of sorted */
    unsigned left_out; /* of the last look, for want of memory */
    uint64_t look;
    int64_t wall_ms; /* of the last look */
};

/* What a look has found. Texts stay the caller's; NULL: none. */
struct problem_note {
    enum problem_kind kind;
    const char *group;
    const char *subject;
    const char *node;
    int64_t since_ms; /* Unix time; 0: since this look, if it is new */
    const char *text;
};

/* All zero: no problem. */
void problems_deinit(struct problems *problems);

void problems_begin_look(struct problems *problems, int64_t wall_ms);
void problems_note(struct problems *problems, const struct problem_note *note);
void problems_end_look(struct problems *problems);

/* How many of that severity are shown. */
unsigned problems_count(const struct problems *problems, enum problem_severity severity);

#endif
