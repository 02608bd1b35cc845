/* Invariant 6: each order has one outcome; an older one never runs after a
 * newer one, and a scale-in runs once. */
#include "world/world.h"

#include <stdio.h>
#include <string.h>

void check_outcome_on_run(struct world *world, struct world_group *group, const struct world_order *order)
{
    struct check_memory *memory = &group->memory;
    bool older =
        order->epoch < memory->epoch || (order->epoch == memory->epoch && order->number < memory->order_number);
    bool again = order->epoch == memory->epoch && order->number == memory->order_number;

    check_removal_on_run(world, group, order);
    check_people_on_run(world, group, order);
    if (order->epoch > 0 && older)
        world_fail(world, CHECK_OUTCOME, group, "order %llu.%llu runs after order %llu.%llu",
                   (unsigned long long)order->epoch, (unsigned long long)order->number,
                   (unsigned long long)memory->epoch, (unsigned long long)memory->order_number);
    if (again && memory->last_was_in)
        world_fail(world, CHECK_OUTCOME, group, "the scale-in %llu.%llu runs twice", (unsigned long long)order->epoch,
                   (unsigned long long)order->number);
    memory->epoch = order->epoch;
    memory->order_number = order->number;
    memory->last_was_in = order->kind == WORLD_ORDER_IN;
}

/* ---- decisions.csv ---- */

#define ORDERS_MAX 4096U

/* The id and group of an order, and how many rows there are of it. */
struct check_order {
    char group[WORLD_NAME_SIZE];
    char id[50];
    unsigned intents;
    unsigned outcomes;
    unsigned given_up;
};

struct check_orders {
    unsigned count;
    struct check_order orders[ORDERS_MAX];
};

static int column_of(const char *header, const char *name)
{
    int column = 0;

    for (const char *at = header; *at != '\0' && *at != '\n'; at++) {
        size_t len = strcspn(at, ",\n");
        if (len == strlen(name) && strncmp(at, name, len) == 0)
            return column;
        column++;
        at += len;
        if (*at != ',')
            break;
    }
    return -1;
}

/* The columns before the first quoted one need no unquoting. */
static void get_field(const char *row, int column, char *text, size_t size)
{
    while (column-- > 0)
        row += strcspn(row, ",\n") + 1;
    snprintf(text, size, "%.*s", (int)strcspn(row, ",\n"), row);
}

static struct check_order *order_of(struct check_orders *orders, const char *group, const char *id)
{
    for (unsigned i = orders->count; i-- > 0;)
        if (strcmp(orders->orders[i].id, id) == 0 && strcmp(orders->orders[i].group, group) == 0)
            return &orders->orders[i];
    if (orders->count == ORDERS_MAX)
        return NULL;
    struct check_order *order = &orders->orders[orders->count++];
    *order = (struct check_order){0};
    snprintf(order->group, sizeof order->group, "%s", group);
    snprintf(order->id, sizeof order->id, "%s", id);
    return order;
}

struct check_columns {
    int group;
    int stage;
    int epoch;
    int number;
};

static void take_row(struct check_orders *orders, const struct check_columns *columns, const char *row)
{
    char group[WORLD_NAME_SIZE];
    char stage[32];
    char epoch[24];
    char number[24];
    char id[50];

    get_field(row, columns->stage, stage, sizeof stage);
    if (stage[0] == '\0' || strcmp(stage, "published") == 0)
        return;
    get_field(row, columns->group, group, sizeof group);
    get_field(row, columns->epoch, epoch, sizeof epoch);
    get_field(row, columns->number, number, sizeof number);
    snprintf(id, sizeof id, "%s.%s", epoch, number);
    struct check_order *order = order_of(orders, group, id);
    if (order == NULL)
        return;
    if (strcmp(stage, "intent") == 0)
        order->intents++;
    else if (strcmp(stage, "given-up") == 0)
        order->given_up++;
    else
        order->outcomes++;
}

static void check_orders(struct world *world, const struct check_orders *orders)
{
    for (unsigned i = 0; i < orders->count; i++) {
        const struct check_order *order = &orders->orders[i];
        unsigned g = 0;
        while (g + 1 < world->group_count && strcmp(world->groups[g].name, order->group) != 0)
            g++;
        bool is_run = order->intents + order->outcomes > 0; /* not one of a reader */
        if ((is_run && (order->intents > 1 || order->outcomes != 1)) || order->given_up > 1)
            world_fail(world, CHECK_OUTCOME, &world->groups[g],
                       "order %s has %u intents and %u outcomes, and is given up %u times", order->id, order->intents,
                       order->outcomes, order->given_up);
    }
}

/* While a file can't be written, an order for more nodes has no intent. */
void check_outcome_end(struct world *world)
{
    static struct check_orders orders;
    size_t len = 0;
    const char *text = world_disk_text(&world->collector.disk, "decisions.csv", &len);
    const char *end = text != NULL ? text + len : NULL;

    orders.count = 0;
    if (text == NULL)
        return;
    const struct check_columns columns = {column_of(text, "group"), column_of(text, "order"),
                                          column_of(text, "order_epoch"), column_of(text, "order_number")};
    if (columns.number < 0)
        return;
    for (const char *row = memchr(text, '\n', len); row != NULL && row + 1 < end;
         row = memchr(row + 1, '\n', (size_t)(end - row - 1)))
        take_row(&orders, &columns, row + 1);
    check_orders(world, &orders);
}
