#include "collector/autoscale/board.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int board_init(struct board *board, int64_t wall_ms)
{
    *board = (struct board){.last_id = wall_ms > 0 ? (uint64_t)wall_ms : 0};
    board->groups = calloc(GROUPS_MAX, sizeof *board->groups);
    board->decisions = calloc(BOARD_DECISIONS, sizeof *board->decisions);
    if (board->groups != NULL && board->decisions != NULL)
        return 0;
    board_deinit(board);
    return -ENOMEM;
}

void board_deinit(struct board *board)
{
    for (unsigned i = 0; board->groups != NULL && i < GROUPS_MAX; i++)
        free(board->groups[i].points);
    free(board->groups);
    free(board->decisions);
    *board = (struct board){0};
}

static struct board_point point_of(const struct decision *decision, int64_t now_ms)
{
    const struct resource_observation *cpu = &decision->observed.resource[RESOURCE_CPU];
    const struct forecast *forecast = &decision->forecast[RESOURCE_CPU];

    return (struct board_point){
        .now_ms = now_ms,
        .demand = cpu->nodes > 0 ? (float)cpu->demand : NAN,
        .capacity = (float)cpu->capacity,
        .forecast = forecast->valid ? (float)forecast->expected : NAN,
        .forecast_bound = forecast->valid ? (float)forecast->bound : NAN,
        .nodes = decision->observed.live + decision->observed.stale,
        .desired = decision->desired,
    };
}

static double error_of(const struct board_group *mine, const struct decision *decision, const struct board_point *now)
{
    int64_t then_ms = now->now_ms - decision->forecast[RESOURCE_CPU].horizon_ms;

    for (unsigned i = mine->count; decision->forecast[RESOURCE_CPU].valid && i-- > 0;) {
        const struct board_point *then = board_point(mine, i);
        if (then->now_ms <= then_ms)
            return then_ms - then->now_ms < decision->settings.tick_ms ? (double)(now->demand - then->forecast) : NAN;
    }
    return NAN;
}

/* Without memory there is no course. */
static void add_point(struct board_group *mine, const struct board_point *point)
{
    if (mine->points == NULL)
        mine->points = calloc(BOARD_POINTS, sizeof *mine->points);
    if (mine->points == NULL)
        return;
    mine->points[mine->next] = *point;
    mine->next = (mine->next + 1) % BOARD_POINTS;
    mine->count += mine->count < BOARD_POINTS;
}

void board_recall(struct board *board, const struct group *group, int64_t now_ms, double demand)
{
    add_point(&board->groups[group->index],
              &(struct board_point){
                  .now_ms = now_ms, .demand = (float)demand, .capacity = NAN, .forecast = NAN, .forecast_bound = NAN});
}

void board_note(struct board *board, const struct group *group, const struct decision *decision,
                const struct moment *when)
{
    struct board_group *mine = &board->groups[group->index];
    struct board_point point = point_of(decision, when->now_ms);

    board->changes++;
    mine->forecast_error = error_of(mine, decision, &point);
    mine->decided = true;
    mine->when = *when;
    mine->last = *decision;
    add_point(mine, &point);
}

void board_say(struct board *board, const struct group *group, const struct decision *decision,
               const struct moment *when, const char *why)
{
    struct board_decision *said = &board->decisions[board->next];

    board->groups[group->index].decisions[decision->action]++;
    *said = (struct board_decision){.id = ++board->last_id, .when = *when, .group = group, .decision = *decision};
    (void)snprintf(said->why, sizeof said->why, "%s", why);
    board->next = (board->next + 1) % BOARD_DECISIONS;
    board->count += board->count < BOARD_DECISIONS;
}

const struct board_decision *board_after(const struct board *board, uint64_t id)
{
    uint64_t oldest = board->last_id - board->count + 1;
    uint64_t wanted = id < oldest ? oldest : id + 1;

    if (id >= board->last_id || board->count == 0)
        return NULL;
    return &board->decisions[(board->next + BOARD_DECISIONS - 1 - (board->last_id - wanted)) % BOARD_DECISIONS];
}

const struct board_point *board_point(const struct board_group *group, unsigned i)
{
    return &group->points[(group->next + BOARD_POINTS - group->count + i) % BOARD_POINTS];
}
