/* Pure. A timing wheel (Varghese, Lauck: Hashed and hierarchical timing wheels, 1987): times at which many things are
 * due. A time costs the same however many there are; in a heap of 19,000, each step up or down is a cache miss.
 *
 * Time is divided into slots of DUE_WHEEL_SLOT_MS. An entry is in the slot that begins at or after its time, so it is
 * taken at that time or less than a slot later. A time beyond the last slot, or one that was put off, is in a slot
 * before its own: when that slot's turn comes, the entry moves on.
 *
 *     at: taken    at + 1     ...       at + DUE_WHEEL_SLOTS - 1
 *                  a -> b     NULL      c
 *
 * Times are monotonic milliseconds. Nothing is allocated: entries are parts of their owners. */
#ifndef COLLECTOR_INTAKE_DUE_WHEEL_H
#define COLLECTOR_INTAKE_DUE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define DUE_WHEEL_SLOT_MS  8U
#define DUE_WHEEL_SLOTS    2048U /* a power of 2: 16 s, in which most times of a session are */
#define DUE_WHEEL_LOOK_MAX 64U   /* slots and entries that one call looks at */

/* All zeros: not in the wheel. */
struct due_entry {
    struct due_entry *next;
    struct due_entry **link; /* the pointer to this entry; NULL: it is not in the wheel */
    uint64_t due_ms;
};

struct due_wheel {
    uint64_t at;   /* the slot whose entries are taken now, or were last */
    uint64_t look; /* no slot between `at` and this one has entries; UINT64_MAX: none has */
    struct due_entry *slots[DUE_WHEEL_SLOTS];
};

void due_wheel_init(struct due_wheel *wheel, uint64_t now_ms);

/* The entry is due at due_ms, but not before now_ms + 1, instead of the time that it may have had. Returns whether
 * entries are to be taken sooner than due_wheel_next_ms() has returned. */
bool due_wheel_set(struct due_wheel *wheel, struct due_entry *entry, uint64_t due_ms, uint64_t now_ms);

/* Removes the entry. Idempotent; necessary before its memory goes. */
void due_wheel_cancel(struct due_entry *entry);

/* Removes an entry that is due, and returns it. NULL: it found none; if due_wheel_lags(), there may be more. */
struct due_entry *due_wheel_take(struct due_wheel *wheel, uint64_t now_ms);

/* Whether due_wheel_take() has not looked at everything that may be due. */
bool due_wheel_lags(const struct due_wheel *wheel, uint64_t now_ms);

/* When to take entries again. UINT64_MAX: there are none. Not while due_wheel_lags(). */
uint64_t due_wheel_next_ms(struct due_wheel *wheel);

#endif
