#include "agent/spool_layout.h"

#include <assert.h>
#include <string.h>

#define MAGIC          UINT64_C(0x31306c6f6f705348) /* HSpool01 on a little-endian machine */
#define STATE_OFFSET   4096U
#define RECORDS_OFFSET 16384U

static_assert(sizeof(struct spool_head) <= STATE_OFFSET &&
                  STATE_OFFSET + 2 * sizeof(struct spool_state) <= RECORDS_OFFSET &&
                  OUTBOX_SAMPLES_MAX < (SIZE_MAX - RECORDS_OFFSET) / sizeof(struct record),
              "the parts of the file");

size_t spool_layout_len(uint64_t capacity)
{
    return RECORDS_OFFSET + (size_t)capacity * sizeof(struct record);
}

struct spool_head spool_layout_head(uint64_t capacity)
{
    struct spool_head head = {.magic = MAGIC,
                              .record_len = sizeof(struct record),
                              .state_len = sizeof(struct spool_state),
                              .capacity = capacity};

    head.check = record_checksum(&head, offsetof(struct spool_head, check));
    return head;
}

enum spool_layout_fit spool_layout_check(const struct spool_head *head, size_t len, uint64_t capacity, bool *cut)
{
    const struct spool_head wanted = spool_layout_head(head->capacity);

    if (len == 0)
        return SPOOL_LAYOUT_EMPTY;
    if (memcmp(head, &wanted, sizeof wanted) != 0 || head->capacity == 0 || head->capacity > OUTBOX_SAMPLES_MAX)
        return SPOOL_LAYOUT_FOREIGN;
    *cut = len < spool_layout_len(head->capacity);
    return head->capacity == capacity ? SPOOL_LAYOUT_FITS : SPOOL_LAYOUT_RESIZE;
}

struct record *spool_layout_records(uint8_t *image)
{
    return (struct record *)(void *)(image + RECORDS_OFFSET);
}

struct spool_state *spool_layout_states(uint8_t *image)
{
    return (struct spool_state *)(void *)(image + STATE_OFFSET);
}

bool spool_layout_resize(uint8_t *from, uint64_t from_capacity, uint8_t *to, uint64_t to_capacity)
{
    const struct spool_head head = spool_layout_head(to_capacity);

    memcpy(to, &head, sizeof head);
    memcpy(spool_layout_states(to), spool_layout_states(from), 2 * sizeof(struct spool_state));
    return restore_copy(spool_layout_records(from), from_capacity, spool_layout_records(to), to_capacity);
}

struct restore_found spool_layout_restore(struct spool *spool, uint8_t *image, uint64_t capacity, uint64_t boot,
                                          uint64_t instance, bool unreadable)
{
    return restore_spool(spool, spool_layout_records(image), capacity, spool_layout_states(image), boot, instance,
                         unreadable);
}
