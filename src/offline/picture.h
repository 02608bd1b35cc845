/* Pure. Draws a simulation as SVG: one panel per policy, stacked. */
#ifndef OFFLINE_PICTURE_H
#define OFFLINE_PICTURE_H

#include "offline/simulate.h"
#include "offline/svg.h"

#include <stddef.h>

#define PICTURE_PANELS_MAX  8U
#define PICTURE_COLUMNS_MAX 1080U /* of a panel; a longer simulation draws several steps in a column */
#define PICTURE_TEXT_MAX    160U

/* The steps that one column shows. */
struct picture_column {
    size_t steps;
    size_t violations;
    double demand_min, demand_max, demand_sum;
    double ready_sum, ordered_sum; /* ordered: ready and pending nodes */
};

struct picture_panel {
    char name[PICTURE_TEXT_MAX];
    char text[PICTURE_TEXT_MAX];
    struct picture_column columns[PICTURE_COLUMNS_MAX];
};

struct picture {
    char title[PICTURE_TEXT_MAX];
    char text[PICTURE_TEXT_MAX];
    size_t steps;
    unsigned columns;
    unsigned panel_count;
    struct picture_panel panels[PICTURE_PANELS_MAX];
};

/* An empty picture of that many steps. Texts are cut at PICTURE_TEXT_MAX. */
void picture_init(struct picture *picture, size_t steps, const char *title, const char *text);

/* Begins the next panel; at most PICTURE_PANELS_MAX. */
struct picture_panel *picture_begin_panel(struct picture *picture, const char *name);
void picture_step(struct picture *picture, const struct simulate_step *step); /* of the last panel */
void picture_end_panel(struct picture *picture, const char *text);

/* Draws it. */
void picture_write(const struct picture *picture, const struct svg *svg);

#endif
