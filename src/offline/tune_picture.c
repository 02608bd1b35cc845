#include "offline/tune_picture.h"

#include "offline/tune_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* All in pixels. */
#define WIDTH       1000.0
#define HEIGHT      600.0
#define LEFT        90.0
#define PLOT_WIDTH  880.0
#define TOP         104.0
#define PLOT_HEIGHT 410.0

#define LOWEST  1e-5 /* share of time at the bottom of the scale, which is logarithmic, at least */
#define TICKS_X 10.0

/* Nodes are relative to those of the present settings in the same part, so that both parts fit one scale. */
struct axes {
    double left, right; /* relative nodes: -0.1 is 10 % fewer */
    double bottom, top; /* shares of time */
};

static double x_at(const struct axes *axes, double nodes)
{
    return LEFT + PLOT_WIDTH * (nodes - axes->left) / (axes->right - axes->left);
}

static double y_at(const struct axes *axes, double above)
{
    double part = log(fmax(above, axes->bottom) / axes->bottom) / log(axes->top / axes->bottom);

    return TOP + PLOT_HEIGHT * (1.0 - part);
}

static const struct tune_score *score_of(const struct tune_candidate *candidate, bool rest)
{
    return rest ? &candidate->check : &candidate->tuning;
}

static double nodes_of(const struct tune_search *search, const struct tune_candidate *candidate, bool rest)
{
    return score_of(candidate, rest)->nodes / score_of(&search->candidates[0], rest)->nodes - 1.0;
}

static struct axes find_axes(const struct tune_search *search)
{
    struct axes axes = {.left = -0.01, .right = 0.01, .bottom = 0.01, .top = 10.0 * LOWEST};

    for (size_t i = 0; i < search->count; i++) {
        for (unsigned rest = 0; rest < 2 && search->candidates[i].is_shown; rest++) {
            double nodes = nodes_of(search, &search->candidates[i], rest);
            double above = score_of(&search->candidates[i], rest)->above;
            axes.left = fmin(axes.left, nodes);
            axes.right = fmax(axes.right, nodes);
            axes.bottom = fmin(axes.bottom, above);
            axes.top = fmax(axes.top, above);
        }
    }
    double space = 0.04 * (axes.right - axes.left);
    axes.left -= space;
    axes.right += space;
    axes.bottom = pow(10.0, floor(log10(fmax(LOWEST, axes.bottom)) + 1e-9));
    axes.top = fmax(1.2 * axes.top, 10.0 * axes.bottom);
    return axes;
}

/* A horizontal line for each power of ten. */
static void draw_shares(const struct axes *axes, const struct svg *svg)
{
    unsigned count = (unsigned)floor(log10(axes->top / axes->bottom) + 1e-9);
    char label[64];

    for (unsigned i = 0; i <= count; i++) {
        double above = axes->bottom * pow(10.0, i), y = y_at(axes, above);
        svg_put(svg, "<path class=\"%s\" d=\"M%.1f %.1fh%.1f\"/>\n", i > 0 ? "grid" : "axis", LEFT, y, PLOT_WIDTH);
        snprintf(label, sizeof label, "%s%g %%", i > 0 ? "" : "\xE2\x89\xA4 ", 100.0 * above);
        svg_text(svg, LEFT - 8.0, y + 4.0, "class=\"tick\" text-anchor=\"end\"", label);
    }
}

static void draw_changes(const struct axes *axes, const struct svg *svg)
{
    double tick = svg_tick(axes->right - axes->left, TICKS_X);
    int first = (int)ceil(axes->left / tick), last = (int)floor(axes->right / tick);
    char label[64];

    for (int i = first; i <= last; i++) {
        double x = x_at(axes, i * tick);
        svg_put(svg, "<path class=\"%s\" d=\"M%.1f %.1fv%.1f\"/>\n", i == 0 ? "axis" : "grid", x, TOP, PLOT_HEIGHT);
        snprintf(label, sizeof label, i == 0 ? "present" : "%+g %%", 100.0 * i * tick);
        svg_text(svg, x, TOP + PLOT_HEIGHT + 20.0, "class=\"tick\" text-anchor=\"middle\"", label);
    }
}

static void draw_scales(const struct axes *axes, double limit, const struct svg *svg)
{
    draw_shares(axes, svg);
    draw_changes(axes, svg);
    svg_text(svg, LEFT + PLOT_WIDTH / 2.0, HEIGHT - 20.0, "class=\"tick\" text-anchor=\"middle\"",
             "nodes, against the present settings in the same part");
    svg_put(svg,
            "<text class=\"tick\" text-anchor=\"middle\" transform=\"translate(20 %.1f) rotate(-90)\">time above "
            "%.0f %%</text>\n",
            TOP + PLOT_HEIGHT / 2.0, 100.0 * limit);
}

/* The settings of one part: circles, and larger ones for the present and the chosen. */
static void draw_part(const struct tune_search *search, const struct axes *axes, bool rest, const struct svg *svg)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct tune_candidate *candidate = &search->candidates[i];
        bool is_named = i == 0 || i == search->chosen;
        char text[TUNE_TEXT_MAX];
        if (!candidate->is_shown)
            continue;
        double x = x_at(axes, nodes_of(search, candidate, rest)), y = y_at(axes, score_of(candidate, rest)->above);
        tune_text_settings(search, candidate, text, sizeof text);
        svg_put(svg, "<circle class=\"%s\" stroke-width=\"1.5\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"><title>",
                rest ? "fill-ready" : "demand", x, y, is_named ? "6" : "4");
        svg_put(svg, "%s</title></circle>\n", text);
        if (i != 0 && i == search->chosen)
            svg_put(svg, "<circle class=\"mark\" stroke-width=\"2\" cx=\"%.1f\" cy=\"%.1f\" r=\"10\"/>\n", x, y);
    }
}

static void draw_legend(const struct tune_search *search, const struct svg *svg)
{
    const struct {
        const char *mark;
        const char *text;
    } entries[] = {
        {"<circle class=\"demand\" stroke-width=\"1.5\" r=\"5\"/>", "part that the settings were tuned on"},
        {"<circle class=\"fill-ready\" r=\"5\"/>", "rest, on which they were checked"},
        {"<circle class=\"mark\" stroke-width=\"2\" r=\"9\"/>",
         search->verdict == TUNE_BETTER ? "recommended" : "best on the first part, not confirmed"},
    };
    size_t count = search->chosen != 0 ? 3 : 2;

    for (size_t i = 0; i < count; i++) {
        svg_put(svg, "<g transform=\"translate(%.1f 72)\">%s", LEFT + 10.0 + 280.0 * (double)i, entries[i].mark);
        svg_text(svg, 16.0, 4.0, "class=\"text\"", entries[i].text);
        svg_put(svg, "%s", "</g>\n");
    }
}

void tune_picture_write(const struct tune_search *search, const char *title, const struct svg *svg)
{
    struct axes axes = find_axes(search);
    char text[TUNE_TEXT_MAX];

    svg_begin(svg, WIDTH, HEIGHT);
    svg_text(svg, LEFT, 30.0, "class=\"title\"", title);
    if (search->verdict == TUNE_BETTER)
        tune_text_settings(search, &search->candidates[search->chosen], text, sizeof text);
    else
        snprintf(text, sizeof text, "no better settings were found");
    svg_text(svg, LEFT + PLOT_WIDTH, 30.0, "class=\"text\" text-anchor=\"end\"", text);
    draw_legend(search, svg);
    draw_scales(&axes, search->load.limit, svg);
    draw_part(search, &axes, false, svg);
    draw_part(search, &axes, true, svg);
    svg_end(svg);
}
