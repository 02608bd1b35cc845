#include "collector/intake/due_wheel.h"

#include "common/u64.h"

#include <stddef.h>

static struct due_entry **slot_of(struct due_wheel *wheel, uint64_t slot)
{
    return &wheel->slots[slot % DUE_WHEEL_SLOTS];
}

/* The first slot that does not begin before that time. */
static uint64_t slot_after(uint64_t ms)
{
    return ms / DUE_WHEEL_SLOT_MS + (ms % DUE_WHEEL_SLOT_MS > 0);
}

void due_wheel_init(struct due_wheel *wheel, uint64_t now_ms)
{
    *wheel = (struct due_wheel){.at = now_ms / DUE_WHEEL_SLOT_MS, .look = UINT64_MAX};
}

/* ---- entries ---- */

/* The entry is not due yet, so its slot is behind `at`. Returns the slot. */
static uint64_t place(struct due_wheel *wheel, struct due_entry *entry)
{
    uint64_t slot = u64_min(slot_after(entry->due_ms), wheel->at + DUE_WHEEL_SLOTS - 1);
    struct due_entry **head = slot_of(wheel, slot);

    entry->next = *head;
    entry->link = head;
    if (entry->next != NULL)
        entry->next->link = &entry->next;
    *head = entry;
    return slot;
}

void due_wheel_cancel(struct due_entry *entry)
{
    if (entry->link == NULL)
        return;
    *entry->link = entry->next;
    if (entry->next != NULL)
        entry->next->link = entry->link;
    entry->link = NULL;
}

static void pass_empty(struct due_wheel *wheel, uint64_t slot)
{
    if (wheel->look > wheel->at)
        wheel->at = u64_max(wheel->at, u64_min(wheel->look - 1, slot));
}

bool due_wheel_set(struct due_wheel *wheel, struct due_entry *entry, uint64_t due_ms, uint64_t now_ms)
{
    due_ms = u64_max(due_ms, now_ms + 1);
    bool put_off = entry->link != NULL && due_ms >= entry->due_ms;

    entry->due_ms = due_ms;
    if (put_off)
        return false;
    due_wheel_cancel(entry);
    pass_empty(wheel, now_ms / DUE_WHEEL_SLOT_MS);
    uint64_t slot = place(wheel, entry);
    if (slot >= wheel->look)
        return false;
    wheel->look = slot;
    return true;
}

/* ---- time ---- */

/* After a pause of more than a turn of the wheel, one turn passes all slots. */
static void skip_turns(struct due_wheel *wheel, uint64_t slot)
{
    if (slot >= wheel->at + DUE_WHEEL_SLOTS)
        wheel->at = slot - DUE_WHEEL_SLOTS + 1;
}

struct due_entry *due_wheel_take(struct due_wheel *wheel, uint64_t now_ms)
{
    uint64_t slot = now_ms / DUE_WHEEL_SLOT_MS;

    pass_empty(wheel, slot);
    skip_turns(wheel, slot);
    wheel->look = wheel->at;
    for (unsigned looked = 0; looked < DUE_WHEEL_LOOK_MAX && due_wheel_lags(wheel, now_ms); looked++) {
        struct due_entry *entry = *slot_of(wheel, wheel->at);
        if (entry == NULL) {
            wheel->at++;
            continue;
        }
        due_wheel_cancel(entry);
        if (entry->due_ms <= now_ms)
            return entry;
        place(wheel, entry);
    }
    return NULL;
}

bool due_wheel_lags(const struct due_wheel *wheel, uint64_t now_ms)
{
    return wheel->at < now_ms / DUE_WHEEL_SLOT_MS || wheel->slots[wheel->at % DUE_WHEEL_SLOTS] != NULL;
}

uint64_t due_wheel_next_ms(struct due_wheel *wheel)
{
    uint64_t slot = wheel->at;
    uint64_t end = slot + DUE_WHEEL_SLOTS;

    while (slot < end && *slot_of(wheel, slot) == NULL)
        slot++;
    wheel->look = slot < end ? slot : UINT64_MAX;
    return slot < end ? slot * DUE_WHEEL_SLOT_MS : UINT64_MAX;
}
