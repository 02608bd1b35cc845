/* Pure. Divides the time of the loop among the sessions whose peers have sent something.
 *
 * In one turn of the loop sessions are read for SHARE_NS, each for at most SHARE_LEN_MAX bytes. A session with more to
 * read, and one that is due when the time is over, waits: it is not watched any more, and is read in its turn, first
 * come, first served. So each waiting session is served within the time that the shares of the others take, whatever it
 * or they send; what a message costs is not estimated but measured, by the clock. */
#ifndef COLLECTOR_INTAKE_SHARE_H
#define COLLECTOR_INTAKE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARE_NS             2000000U             /* of a turn, until no other session is read */
#define SHARE_LEN_MAX        ((size_t)128 * 1024) /* of one session at once */
#define SHARE_SEALED_LEN_MAX ((size_t)16 * 1024)  /* of an encrypted one: it may consist of very small records */

/* Embedded in a session. All zero: it does not wait. */
struct share_member {
    struct share_member *prev; /* utlist. NULL: it does not wait */
    struct share_member *next;
};

/* All zero: nobody waits. */
struct share {
    struct share_member *waiting; /* utlist */
    uint64_t until_ns;            /* no session is read after that in this turn; 0: none was read yet */
};

/* A turn of the loop begins. */
void share_begin_turn(struct share *share);

/* Whether a session that has input may be read in this turn. now_ns: monotonic. */
bool share_has_time(struct share *share, uint64_t now_ns);

/* The session waits, behind the others. Idempotent. */
void share_wait(struct share *share, struct share_member *member);

/* It does not wait any more, since it ends. Idempotent. */
void share_leave(struct share *share, struct share_member *member);

bool share_waits(const struct share_member *member);

/* The session to read next, which then does not wait any more; NULL: none waits. */
struct share_member *share_take(struct share *share);

#endif
