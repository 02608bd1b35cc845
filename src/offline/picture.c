#include "offline/picture.h"

#include "offline/svg.h"
#include "offline/trace.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* All in pixels. */
#define WIDTH        1200.0
#define LEFT         70.0
#define PLOT_WIDTH   1080.0
#define TOP          96.0 /* above the first panel: title and legend */
#define PANEL_HEIGHT 250.0
#define PANEL_GAP    66.0 /* for the times of this panel and the heading of the next */
#define BOTTOM       64.0
#define STRIP        7.0 /* height of a violation mark */
#define TICKS_X_MAX  10.0
#define TICKS_Y_MAX  5.0
#define HEADROOM_TOP 1.06 /* space above the highest value */

void picture_init(struct picture *picture, size_t steps, const char *title, const char *text)
{
    memset(picture, 0, sizeof *picture);
    picture->steps = steps;
    picture->columns = steps < PICTURE_COLUMNS_MAX ? (unsigned)steps : PICTURE_COLUMNS_MAX;
    snprintf(picture->title, sizeof picture->title, "%s", title);
    snprintf(picture->text, sizeof picture->text, "%s", text);
}

struct picture_panel *picture_begin_panel(struct picture *picture, const char *name)
{
    assert(picture->panel_count < PICTURE_PANELS_MAX);
    struct picture_panel *panel = &picture->panels[picture->panel_count++];
    snprintf(panel->name, sizeof panel->name, "%s", name);
    return panel;
}

void picture_step(struct picture *picture, const struct simulate_step *step)
{
    struct picture_panel *panel = &picture->panels[picture->panel_count - 1];
    struct picture_column *column = &panel->columns[step->step * picture->columns / picture->steps];

    if (column->steps == 0)
        column->demand_min = column->demand_max = step->demand;
    column->steps++;
    column->demand_min = fmin(column->demand_min, step->demand);
    column->demand_max = fmax(column->demand_max, step->demand);
    column->demand_sum += step->demand;
    column->ready_sum += step->ready;
    column->ordered_sum += step->ready + step->pending;
    if (step->demand / step->ready > SCORE_VIOLATION)
        column->violations++;
}

void picture_end_panel(struct picture *picture, const char *text)
{
    struct picture_panel *panel = &picture->panels[picture->panel_count - 1];
    snprintf(panel->text, sizeof panel->text, "%s", text);
}

/* ---- scales ---- */

struct axes {
    double top;       /* of the panel */
    double value_max; /* at its top */
    double column;    /* width */
    unsigned columns;
};

static double x_at(const struct axes *axes, double column)
{
    return LEFT + column * axes->column;
}

static double y_at(const struct axes *axes, double value)
{
    return axes->top + PANEL_HEIGHT * (1.0 - value / axes->value_max);
}

struct time_tick {
    double seconds;
    double unit; /* in seconds */
    const char *name;
};

static struct time_tick tick_time(double seconds)
{
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    static const struct time_tick ticks[] = {
        {MINUTE, MINUTE, "min"},     {2 * MINUTE, MINUTE, "min"},
        {5 * MINUTE, MINUTE, "min"}, {10 * MINUTE, MINUTE, "min"},
        {30 * MINUTE, HOUR, "h"},    {HOUR, HOUR, "h"},
        {2 * HOUR, HOUR, "h"},       {6 * HOUR, HOUR, "h"},
        {12 * HOUR, HOUR, "h"},      {DAY, DAY, "d"},
        {2 * DAY, DAY, "d"},         {7 * DAY, DAY, "d"},
        {14 * DAY, DAY, "d"},        {30 * DAY, DAY, "d"},
        {60 * DAY, DAY, "d"},        {180 * DAY, DAY, "d"},
        {360 * DAY, DAY, "d"},
    };
    size_t i = 0;

    while (i + 1 < sizeof ticks / sizeof *ticks && seconds / ticks[i].seconds > TICKS_X_MAX)
        i++;
    return ticks[i];
}

/* ---- drawing ---- */

static void draw_values(const struct axes *axes, const struct svg *svg)
{
    double tick = fmax(1.0, svg_tick(axes->value_max, TICKS_Y_MAX));
    char number[32];

    for (unsigned i = 0; i * tick <= axes->value_max; i++) {
        double value = i * tick;
        double y = y_at(axes, value);
        svg_put(svg, "<path class=\"%s\" d=\"M%.1f %.1fh%.1f\"/>\n", value > 0.0 ? "grid" : "axis", LEFT, y,
                PLOT_WIDTH);
        snprintf(number, sizeof number, "%.0f", value);
        svg_text(svg, LEFT - 8.0, y + 4.0, "class=\"tick\" text-anchor=\"end\"", number);
    }
    svg_put(svg,
            "<text class=\"tick\" text-anchor=\"middle\" transform=\"translate(22 %.1f) rotate(-90)\">nodes</text>\n",
            axes->top + PANEL_HEIGHT / 2.0);
}

static void draw_times(const struct axes *axes, size_t steps, const struct svg *svg)
{
    double seconds = (double)steps * REPLAY_STEP_S;
    struct time_tick tick = tick_time(seconds);
    double bottom = axes->top + PANEL_HEIGHT;
    char label[32];

    for (unsigned i = 0; i * tick.seconds <= seconds; i++) {
        double x = LEFT + PLOT_WIDTH * (i * tick.seconds / seconds);
        svg_put(svg, "<path class=\"axis\" d=\"M%.1f %.1fv5\"/>\n", x, bottom);
        snprintf(label, sizeof label, "%g %s", i * tick.seconds / tick.unit, tick.name);
        svg_text(svg, x, bottom + 19.0, "class=\"tick\" text-anchor=\"middle\"", label);
    }
}

/* Adjacent columns with violations share one mark. */
static void draw_violations(const struct axes *axes, const struct picture_panel *panel, const struct svg *svg)
{
    for (unsigned c = 0, end; c < axes->columns; c = end + 1) {
        for (end = c; end < axes->columns && panel->columns[end].violations > 0; end++)
            ;
        if (end == c)
            continue;
        double width = fmax((end - c) * axes->column, 1.5);
        svg_put(
            svg,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"fill-mark\" fill-opacity=\"0.10\"/>\n"
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"fill-mark\"/>\n",
            x_at(axes, c), axes->top, width, PANEL_HEIGHT, x_at(axes, c), axes->top, width, STRIP);
    }
}

/* The range of demand in each column as a band, and the mean as a line. If each column is one step, the band has no
 * width; the area below it is still visible. */
static void draw_demand(const struct axes *axes, const struct picture_panel *panel, const struct svg *svg)
{
    svg_put(svg, "<path class=\"band\" fill-opacity=\"0.35\" d=\"M%.1f %.1f", LEFT, y_at(axes, 0.0));
    for (unsigned c = 0; c < axes->columns; c++)
        svg_put(svg, "L%.1f %.1f", x_at(axes, c + 0.5), y_at(axes, panel->columns[c].demand_min));
    svg_put(svg, "L%.1f %.1fz\"/>\n<path class=\"band\" d=\"M", LEFT + PLOT_WIDTH, y_at(axes, 0.0));
    for (unsigned c = 0; c < axes->columns; c++)
        svg_put(svg, "%.1f %.1fL", x_at(axes, c + 0.5), y_at(axes, panel->columns[c].demand_max));
    for (unsigned c = axes->columns; c-- > 0;)
        svg_put(svg, "%.1f %.1f%c", x_at(axes, c + 0.5), y_at(axes, panel->columns[c].demand_min), c > 0 ? 'L' : 'z');
    svg_put(svg, "%s", "\"/>\n<path class=\"demand\" stroke-width=\"1.2\" d=\"M");
    for (unsigned c = 0; c < axes->columns; c++) {
        const struct picture_column *column = &panel->columns[c];
        svg_put(svg, "%s%.1f %.1f", c > 0 ? "L" : "", x_at(axes, c + 0.5),
                y_at(axes, column->demand_sum / (double)column->steps));
    }
    svg_put(svg, "%s", "\"/>\n");
}

/* Nodes as a step line. */
static void draw_nodes(const struct axes *axes, const struct picture_panel *panel, bool ordered, const struct svg *svg)
{
    svg_put(svg, "<path class=\"%s d=\"M%.1f",
            ordered ? "ordered\" stroke-width=\"1.3\" stroke-dasharray=\"3 2\"" : "ready\" stroke-width=\"1.8\"", LEFT);
    for (unsigned c = 0; c < axes->columns; c++) {
        const struct picture_column *column = &panel->columns[c];
        double nodes = (ordered ? column->ordered_sum : column->ready_sum) / (double)column->steps;
        svg_put(svg, "%s%.1fH%.1f", c > 0 ? "V" : " ", y_at(axes, nodes), x_at(axes, c + 1.0));
    }
    svg_put(svg, "%s", "\"/>\n");
}

static void draw_panel(const struct picture *picture, const struct picture_panel *panel, const struct axes *axes,
                       const struct svg *svg)
{
    svg_text(svg, LEFT, axes->top - 12.0, "class=\"name\"", panel->name);
    svg_text(svg, LEFT + PLOT_WIDTH, axes->top - 12.0, "class=\"text\" text-anchor=\"end\"", panel->text);
    draw_values(axes, svg);
    draw_times(axes, picture->steps, svg);
    draw_violations(axes, panel, svg);
    draw_demand(axes, panel, svg);
    draw_nodes(axes, panel, true, svg);
    draw_nodes(axes, panel, false, svg);
}

static void draw_legend(const struct svg *svg)
{
    static const struct {
        const char *mark;
        const char *text;
        double width;
    } entries[] = {
        {"<path class=\"demand\" d=\"M0 0h26\" stroke-width=\"6\" stroke-opacity=\"0.35\"/>"
         "<path class=\"demand\" d=\"M0 0h26\" stroke-width=\"1.2\"/>",
         "demand, in busy nodes", 178.0},
        {"<path class=\"ready\" d=\"M0 0h26\" stroke-width=\"1.8\"/>", "ready nodes", 116.0},
        {"<path class=\"ordered\" d=\"M0 0h26\" stroke-width=\"1.3\" stroke-dasharray=\"3 2\"/>", "ready and ordered",
         152.0},
        {"<path class=\"mark\" d=\"M0 0h26\" stroke-width=\"7\"/>", "utilisation above 90 %", 170.0},
    };
    double x = LEFT;

    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        svg_put(svg, "<g transform=\"translate(%.1f 54)\">%s", x, entries[i].mark);
        svg_text(svg, 33.0, 4.0, "class=\"text\"", entries[i].text);
        svg_put(svg, "%s", "</g>\n");
        x += entries[i].width + 24.0;
    }
}

/* The highest value of all panels, which share one scale. */
static double highest(const struct picture *picture)
{
    double value = 1.0;

    for (unsigned p = 0; p < picture->panel_count; p++) {
        for (unsigned c = 0; c < picture->columns; c++) {
            const struct picture_column *column = &picture->panels[p].columns[c];
            value = fmax(value, fmax(column->demand_max, column->ordered_sum / (double)column->steps));
        }
    }
    return value;
}

void picture_write(const struct picture *picture, const struct svg *svg)
{
    double height = TOP + picture->panel_count * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP + BOTTOM;

    svg_begin(svg, WIDTH, height);
    svg_text(svg, LEFT, 30.0, "class=\"title\"", picture->title);
    svg_text(svg, LEFT + PLOT_WIDTH, 30.0, "class=\"text\" text-anchor=\"end\"", picture->text);
    draw_legend(svg);
    for (unsigned p = 0; p < picture->panel_count; p++) {
        struct axes axes = {.top = TOP + p * (PANEL_HEIGHT + PANEL_GAP),
                            .value_max = highest(picture) * HEADROOM_TOP,
                            .column = PLOT_WIDTH / picture->columns,
                            .columns = picture->columns};
        draw_panel(picture, &picture->panels[p], &axes, svg);
    }
    svg_text(svg, LEFT + PLOT_WIDTH / 2.0, height - 18.0, "class=\"tick\" text-anchor=\"middle\"",
             "time from the start of the load");
    svg_end(svg);
}
