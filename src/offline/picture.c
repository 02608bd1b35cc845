#include "offline/picture.h"

#include "offline/trace.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
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

#define PIECE_MAX 1024 /* bytes of one put(): the style sheet is the longest */

#define COLOR_DEMAND    "#64748b"
#define COLOR_BAND      "#cbd5e1"
#define COLOR_READY     "#0f766e"
#define COLOR_ORDERED   "#d97706"
#define COLOR_VIOLATION "#dc2626"

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

/* The distance of two ticks: 1, 2 or 5 times a power of 10, so that there are at most TICKS_Y_MAX. */
static double tick_value(double value_max)
{
    double least = value_max / TICKS_Y_MAX;
    double power = pow(10.0, floor(log10(least)));

    for (unsigned i = 0; i < 3; i++) {
        double tick = (const double[]){1.0, 2.0, 5.0}[i] * power;
        if (tick >= least)
            return fmax(tick, 1.0);
    }
    return fmax(10.0 * power, 1.0);
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

struct drawing {
    picture_cb *on_text;
    void *arg;
};

__attribute__((format(printf, 2, 3))) static void put(const struct drawing *out, const char *format, ...)
{
    char text[PIECE_MAX];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(len >= 0 && len < PIECE_MAX);
    out->on_text(text, (size_t)len, out->arg);
}

/* Text between tags, escaped. */
static void put_text(const struct drawing *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            put(out, "&amp;");
        else if (*text == '<')
            put(out, "&lt;");
        else if (*text == '>')
            put(out, "&gt;");
        else
            put(out, "%c", (unsigned char)*text < ' ' ? '?' : *text);
    }
}

static void draw_text(const struct drawing *out, double x, double y, const char *style, const char *text)
{
    put(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, style);
    put_text(out, text);
    put(out, "%s", "</text>\n");
}

static void draw_values(const struct axes *axes, const struct drawing *out)
{
    double tick = tick_value(axes->value_max);
    char number[32];

    for (unsigned i = 0; i * tick <= axes->value_max; i++) {
        double value = i * tick;
        double y = y_at(axes, value);
        put(out, "<path d=\"M%.1f %.1fh%.1f\" stroke=\"%s\"/>\n", LEFT, y, PLOT_WIDTH,
            value > 0.0 ? "#e2e8f0" : "#94a3b8");
        snprintf(number, sizeof number, "%.0f", value);
        draw_text(out, LEFT - 8.0, y + 4.0, "class=\"tick\" text-anchor=\"end\"", number);
    }
    put(out, "<text class=\"tick\" text-anchor=\"middle\" transform=\"translate(22 %.1f) rotate(-90)\">nodes</text>\n",
        axes->top + PANEL_HEIGHT / 2.0);
}

static void draw_times(const struct axes *axes, size_t steps, const struct drawing *out)
{
    double seconds = (double)steps * REPLAY_STEP_S;
    struct time_tick tick = tick_time(seconds);
    double bottom = axes->top + PANEL_HEIGHT;
    char label[32];

    for (unsigned i = 0; i * tick.seconds <= seconds; i++) {
        double x = LEFT + PLOT_WIDTH * (i * tick.seconds / seconds);
        put(out, "<path d=\"M%.1f %.1fv5\" stroke=\"#94a3b8\"/>\n", x, bottom);
        snprintf(label, sizeof label, "%g %s", i * tick.seconds / tick.unit, tick.name);
        draw_text(out, x, bottom + 19.0, "class=\"tick\" text-anchor=\"middle\"", label);
    }
}

/* Adjacent columns with violations share one mark. */
static void draw_violations(const struct axes *axes, const struct picture_panel *panel, const struct drawing *out)
{
    for (unsigned c = 0, end; c < axes->columns; c = end + 1) {
        for (end = c; end < axes->columns && panel->columns[end].violations > 0; end++)
            ;
        if (end == c)
            continue;
        double width = fmax((end - c) * axes->column, 1.5);
        put(out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"" COLOR_VIOLATION
            "\" fill-opacity=\"0.10\"/>\n"
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"" COLOR_VIOLATION "\"/>\n",
            x_at(axes, c), axes->top, width, PANEL_HEIGHT, x_at(axes, c), axes->top, width, STRIP);
    }
}

/* The range of demand in each column as a band, and the mean as a line. If each column is one step, the band has no
 * width; the area below it is still visible. */
static void draw_demand(const struct axes *axes, const struct picture_panel *panel, const struct drawing *out)
{
    put(out, "<path fill=\"" COLOR_BAND "\" fill-opacity=\"0.35\" d=\"M%.1f %.1f", LEFT, y_at(axes, 0.0));
    for (unsigned c = 0; c < axes->columns; c++)
        put(out, "L%.1f %.1f", x_at(axes, c + 0.5), y_at(axes, panel->columns[c].demand_min));
    put(out, "L%.1f %.1fz\"/>\n<path fill=\"" COLOR_BAND "\" d=\"M", LEFT + PLOT_WIDTH, y_at(axes, 0.0));
    for (unsigned c = 0; c < axes->columns; c++)
        put(out, "%.1f %.1fL", x_at(axes, c + 0.5), y_at(axes, panel->columns[c].demand_max));
    for (unsigned c = axes->columns; c-- > 0;)
        put(out, "%.1f %.1f%c", x_at(axes, c + 0.5), y_at(axes, panel->columns[c].demand_min), c > 0 ? 'L' : 'z');
    put(out, "%s", "\"/>\n<path fill=\"none\" stroke=\"" COLOR_DEMAND "\" stroke-width=\"1.2\" d=\"M");
    for (unsigned c = 0; c < axes->columns; c++) {
        const struct picture_column *column = &panel->columns[c];
        put(out, "%s%.1f %.1f", c > 0 ? "L" : "", x_at(axes, c + 0.5),
            y_at(axes, column->demand_sum / (double)column->steps));
    }
    put(out, "%s", "\"/>\n");
}

/* Nodes as a step line. */
static void draw_nodes(const struct axes *axes, const struct picture_panel *panel, bool ordered,
                       const struct drawing *out)
{
    put(out, "<path fill=\"none\" %s d=\"M%.1f",
        ordered ? "stroke=\"" COLOR_ORDERED "\" stroke-width=\"1.3\" stroke-dasharray=\"3 2\""
                : "stroke=\"" COLOR_READY "\" stroke-width=\"1.8\"",
        LEFT);
    for (unsigned c = 0; c < axes->columns; c++) {
        const struct picture_column *column = &panel->columns[c];
        double nodes = (ordered ? column->ordered_sum : column->ready_sum) / (double)column->steps;
        put(out, "%s%.1fH%.1f", c > 0 ? "V" : " ", y_at(axes, nodes), x_at(axes, c + 1.0));
    }
    put(out, "%s", "\"/>\n");
}

static void draw_panel(const struct picture *picture, const struct picture_panel *panel, const struct axes *axes,
                       const struct drawing *out)
{
    draw_text(out, LEFT, axes->top - 12.0, "class=\"name\"", panel->name);
    draw_text(out, LEFT + PLOT_WIDTH, axes->top - 12.0, "class=\"text\" text-anchor=\"end\"", panel->text);
    draw_values(axes, out);
    draw_times(axes, picture->steps, out);
    draw_violations(axes, panel, out);
    draw_demand(axes, panel, out);
    draw_nodes(axes, panel, true, out);
    draw_nodes(axes, panel, false, out);
}

static void draw_legend(const struct drawing *out)
{
    static const struct {
        const char *mark;
        const char *text;
        double width;
    } entries[] = {
        {"<path d=\"M0 0h26\" stroke=\"" COLOR_DEMAND "\" stroke-width=\"6\" stroke-opacity=\"0.35\"/>"
         "<path d=\"M0 0h26\" stroke=\"" COLOR_DEMAND "\" stroke-width=\"1.2\"/>",
         "demand, in busy nodes", 178.0},
        {"<path d=\"M0 0h26\" stroke=\"" COLOR_READY "\" stroke-width=\"1.8\"/>", "ready nodes", 116.0},
        {"<path d=\"M0 0h26\" stroke=\"" COLOR_ORDERED "\" stroke-width=\"1.3\" stroke-dasharray=\"3 2\"/>",
         "ready and ordered", 152.0},
        {"<path d=\"M0 0h26\" stroke=\"" COLOR_VIOLATION "\" stroke-width=\"7\"/>", "utilisation above 90 %", 170.0},
    };
    double x = LEFT;

    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        put(out, "<g transform=\"translate(%.1f 54)\">%s", x, entries[i].mark);
        draw_text(out, 33.0, 4.0, "class=\"text\"", entries[i].text);
        put(out, "%s", "</g>\n");
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

void picture_write(const struct picture *picture, picture_cb *on_text, void *arg)
{
    const struct drawing drawing = {.on_text = on_text, .arg = arg};
    const struct drawing *out = &drawing;
    double height = TOP + picture->panel_count * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP + BOTTOM;

    put(out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n"
        "<style>text{font-family:system-ui,\"Segoe UI\",\"DejaVu Sans\",sans-serif;fill:#0f172a}"
        ".title{font-size:18px;font-weight:600}.name{font-size:15px;font-weight:600}"
        ".text{font-size:13px;fill:#475569}.tick{font-size:12px;fill:#64748b}</style>\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
        WIDTH, height, WIDTH, height);
    draw_text(out, LEFT, 30.0, "class=\"title\"", picture->title);
    draw_text(out, LEFT + PLOT_WIDTH, 30.0, "class=\"text\" text-anchor=\"end\"", picture->text);
    draw_legend(out);
    for (unsigned p = 0; p < picture->panel_count; p++) {
        struct axes axes = {.top = TOP + p * (PANEL_HEIGHT + PANEL_GAP),
                            .value_max = highest(picture) * HEADROOM_TOP,
                            .column = PLOT_WIDTH / picture->columns,
                            .columns = picture->columns};
        draw_panel(picture, &picture->panels[p], &axes, out);
    }
    draw_text(out, LEFT + PLOT_WIDTH / 2.0, height - 18.0, "class=\"tick\" text-anchor=\"middle\"",
              "time from the start of the trace");
    put(out, "%s", "</svg>\n");
}
