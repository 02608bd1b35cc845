#include "agent/spool/spool_layout.h"

#include <assert.h>
#include <string.h>

#define MAGIC          UINT64_C(0x31306c6f6f705348) /* HSpool01 on a little-endian machine */
#define SECRET_OFFSET  2048U
#define STATE_OFFSET   4096U
#define RECORDS_OFFSET 16384U

/* Of version 0.1, which had the first METRIC_BASE_COUNT metrics. */
#define OLDER_RECORD_LEN (offsetof(struct record, sample.value) + METRIC_BASE_COUNT * sizeof(union metric_value))

static_assert(sizeof(struct spool_head) <= SECRET_OFFSET && SECRET_OFFSET + AGENT_SECRET_LEN <= STATE_OFFSET &&
                  STATE_OFFSET + 2 * sizeof(struct spool_state) <= RECORDS_OFFSET &&
                  OUTBOX_SAMPLES_MAX < (SIZE_MAX - RECORDS_OFFSET) / sizeof(struct record),
              "the parts of the file");

size_t spool_layout_len(uint64_t capacity)
{
    return RECORDS_OFFSET + (size_t)capacity * sizeof(struct record);
}

static struct spool_head head_of(uint64_t capacity, size_t record_len)
{
    struct spool_head head = {
        .magic = MAGIC, .record_len = record_len, .state_len = sizeof(struct spool_state), .capacity = capacity};

    head.check = record_checksum(&head, offsetof(struct spool_head, check));
    return head;
}

struct spool_head spool_layout_head(uint64_t capacity)
{
    return head_of(capacity, sizeof(struct record));
}

enum spool_layout_fit spool_layout_check(const struct spool_head *head, size_t len, uint64_t capacity, bool *cut)
{
    const struct spool_head ours = head_of(head->capacity, sizeof(struct record));
    const struct spool_head older = head_of(head->capacity, OLDER_RECORD_LEN);
    bool is_older = memcmp(head, &older, sizeof older) == 0;

    if (len == 0)
        return SPOOL_LAYOUT_EMPTY;
    if ((!is_older && memcmp(head, &ours, sizeof ours) != 0) || head->capacity == 0 ||
        head->capacity > OUTBOX_SAMPLES_MAX)
        return SPOOL_LAYOUT_FOREIGN;
    *cut = len < (is_older ? spool_layout_older_len(head->capacity) : spool_layout_len(head->capacity));
    if (is_older)
        return SPOOL_LAYOUT_OLDER;
    return head->capacity == capacity ? SPOOL_LAYOUT_FITS : SPOOL_LAYOUT_RESIZE;
}

struct record *spool_layout_records(uint8_t *image)
{
    return (struct record *)(void *)(image + RECORDS_OFFSET);
}

uint8_t *spool_layout_secret(uint8_t *image)
{
    return image + SECRET_OFFSET;
}

struct spool_state *spool_layout_states(uint8_t *image)
{
    return (struct spool_state *)(void *)(image + STATE_OFFSET);
}

bool spool_layout_resize(uint8_t *from, uint64_t from_capacity, uint8_t *to, uint64_t to_capacity)
{
    const struct spool_head head = spool_layout_head(to_capacity);

    memcpy(to, &head, sizeof head);
    memcpy(spool_layout_secret(to), spool_layout_secret(from), AGENT_SECRET_LEN);
    memcpy(spool_layout_states(to), spool_layout_states(from), 2 * sizeof(struct spool_state));
    return restore_copy(spool_layout_records(from), from_capacity, spool_layout_records(to), to_capacity);
}

size_t spool_layout_older_len(uint64_t capacity)
{
    return RECORDS_OFFSET + (size_t)capacity * OLDER_RECORD_LEN;
}

void spool_layout_convert(const uint8_t *older, uint64_t capacity, uint8_t *image)
{
    const struct spool_head head = spool_layout_head(capacity);
    struct record *records = spool_layout_records(image);

    memcpy(image, &head, sizeof head);
    memcpy(image + STATE_OFFSET, older + STATE_OFFSET, 2 * sizeof(struct spool_state));
    for (uint64_t i = 0; i < capacity; i++)
        record_take_older(&records[i], older + RECORDS_OFFSET + i * OLDER_RECORD_LEN, OLDER_RECORD_LEN);
}

struct restore_found spool_layout_restore(struct spool *spool, uint8_t *image, uint64_t capacity, uint64_t boot,
                                          uint64_t instance, bool unreadable)
{
    return restore_spool(spool, spool_layout_records(image), capacity, spool_layout_states(image), boot, instance,
                         unreadable);
}
