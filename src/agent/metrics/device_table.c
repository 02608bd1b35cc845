#include "agent/metrics/device_table.h"

#include "common/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64U

/* The place of the hash in the index: that of its row, or the empty one where it belongs. */
static uint32_t *place(const struct device_table *table, uint64_t hash)
{
    size_t mask = (size_t)table->capacity * 2 - 1;
    size_t at = (size_t)(hash ^ hash >> 32) & mask;

    while (table->index[at] != 0 && table->rows[table->index[at] - 1].hash != hash)
        at = (at + 1) & mask;
    return &table->index[at];
}

/* The place of the ifindex, or the free one for it. Most ifindexes are in sequence, and so are their places. */
static uint32_t *place_of_ifindex(const struct device_table *table, uint32_t ifindex)
{
    size_t mask = (size_t)table->capacity * 2 - 1;
    size_t at = ifindex & mask;

    while (table->ifindexes[at] != 0 && table->rows[table->ifindexes[at] - 1].ifindex != ifindex)
        at = (at + 1) & mask;
    return &table->ifindexes[at];
}

static void index_all(struct device_table *table)
{
    size_t size = (size_t)table->capacity * 2 * sizeof *table->index;

    memset(table->index, 0, size);
    memset(table->ifindexes, 0, size);
    for (unsigned i = 0; i < table->count; i++) {
        *place(table, table->rows[i].hash) = i + 1;
        if (table->rows[i].ifindex != 0)
            *place_of_ifindex(table, table->rows[i].ifindex) = i + 1;
    }
}

static bool resize(void **array, unsigned capacity, size_t size)
{
    void *new = reallocarray(*array, capacity, size);

    if (new != NULL)
        *array = new;
    return new != NULL;
}

/* To a capacity that is a power of 2. */
static bool grow(struct device_table *table, unsigned capacity)
{
    if (capacity > DEVICE_TABLE_MAX || !resize((void **)&table->rows, capacity, sizeof *table->rows) ||
        !resize((void **)&table->index, capacity * 2, sizeof *table->index) ||
        !resize((void **)&table->ifindexes, capacity * 2, sizeof *table->ifindexes))
        return false;
    table->capacity = capacity;
    index_all(table);
    return true;
}

int device_table_init(struct device_table *table)
{
    return grow(table, CAPACITY_MIN) ? 0 : -ENOMEM;
}

void device_table_deinit(struct device_table *table)
{
    free(table->rows);
    free(table->index);
    free(table->ifindexes);
    *table = (struct device_table){0};
}

static struct device *add(struct device_table *table, uint64_t hash)
{
    if (table->count == table->capacity && !grow(table, table->capacity * 2)) {
        table->left_out++;
        return NULL;
    }
    struct device *device = &table->rows[table->count++];
    *device = (struct device){.hash = hash};
    *place(table, hash) = table->count;
    return device;
}

struct device *device_table_find(struct device_table *table, const char *name)
{
    uint64_t hash = hash_fnv1a(hash_fnv1a_begin(), name, strlen(name));
    struct device *device = NULL;

    if (table->next < table->count && table->rows[table->next].hash == hash)
        device = &table->rows[table->next];
    else if (*place(table, hash) != 0)
        device = &table->rows[*place(table, hash) - 1];
    else
        device = add(table, hash);
    if (device == NULL)
        return NULL;
    device->seen = true;
    table->next = (unsigned)(device - table->rows) + 1;
    if (table->next == table->count)
        table->next = 0;
    return device;
}

void device_table_begin_pass(struct device_table *table)
{
    table->next = 0;
    table->left_out = 0;
    for (unsigned i = 0; i < table->count; i++)
        table->rows[i].seen = false;
}

void device_table_end_pass(struct device_table *table)
{
    unsigned left = 0;

    for (unsigned i = 0; i < table->count; i++) {
        if (!table->rows[i].seen)
            continue;
        if (left != i)
            table->rows[left] = table->rows[i];
        left++;
    }
    if (left < table->count) {
        table->count = left;
        index_all(table);
    }
}

void device_table_set_ifindex(struct device_table *table, struct device *device, uint32_t ifindex)
{
    uint32_t before = device->ifindex;

    device->ifindex = ifindex;
    if (before != 0 && before != ifindex)
        index_all(table);
    else if (ifindex != 0)
        *place_of_ifindex(table, ifindex) = (uint32_t)(device - table->rows) + 1;
}

struct device *device_table_find_ifindex(struct device_table *table, uint32_t ifindex)
{
    if (ifindex == 0)
        return NULL;
    uint32_t row = *place_of_ifindex(table, ifindex);
    return row == 0 ? NULL : &table->rows[row - 1];
}
