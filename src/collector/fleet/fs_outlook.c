#include "collector/fleet/fs_outlook.h"

#include "common/format.h"
#include "scaler/regress.h"

#include <math.h>
#include <stdio.h>

#define POINTS_MIN  8U    /* of a line */
#define FULL        0.995 /* is shown as 100% */
#define STILL_FULL  0.9   /* "full" is kept while the reading is above */
#define ALMOST_FULL 0.95  /* that it will be full soon is kept while the reading is above, */
#define AFTER_SOON  2.0   /* or while it will be full within that many times FS_OUTLOOK_SOON_S */
#define FALLEN      0.05  /* below the line: what it says is over */

/* How much a rise must be like a line to be foretold, see the header. */
#define SURE        6.0  /* standard errors of the slope, since periods that follow each other are alike */
#define EVEN        0.4  /* of the slope must remain without the largest steps */
#define LARGE_STEPS 2U   /* a file that is written for less than a period is in two of them */
#define NEW_HEIGHT  0.01 /* above the highest level before */

static const unsigned line_periods[] = {POINTS_MIN, FS_HISTORY_PERIODS};

struct fs_line {
    unsigned n;
    double x[FS_HISTORY_PERIODS]; /* seconds from now, the newest first */
    double y[FS_HISTORY_PERIODS]; /* shares */
    double before;                /* the highest level before the line */
    struct regression fit;
};

/* ---- the line ---- */

/* false: it has too few points. */
static bool fit_line(const struct fs_history *history, unsigned periods, int64_t now_ms, struct fs_line *line)
{
    line->n = 0;
    line->before = fs_history_peak(history);
    for (unsigned at = 0; at < FS_HISTORY_PERIODS; at++) {
        double mean = fs_history_mean(history, at);
        if (isnan(mean))
            continue;
        if (at >= periods) {
            line->before = fmax(line->before, mean);
            continue;
        }
        line->x[line->n] = (double)(fs_history_time_ms(history, at) - now_ms) / 1000.0;
        line->y[line->n++] = mean;
    }
    return line->n >= POINTS_MIN && regress_fit(line->x, line->y, line->n, &line->fit) == 0;
}

/* The slope that remains without the steps with the largest rise. */
static double slope_without_steps(const struct fs_line *line)
{
    double seconds = line->x[0] - line->x[line->n - 1];
    double rise = line->y[0] - line->y[line->n - 1];
    double steps[FS_HISTORY_PERIODS] = {0.0};

    for (unsigned i = 0; i + 1 < line->n; i++)
        steps[i] = line->y[i] - line->y[i + 1];
    for (unsigned k = 0; k < LARGE_STEPS; k++) {
        unsigned largest = 0;
        for (unsigned i = 1; i + 1 < line->n; i++)
            if (steps[i] > steps[largest])
                largest = i;
        rise -= steps[largest];
        seconds -= line->x[largest] - line->x[largest + 1];
        steps[largest] = -INFINITY;
    }
    return rise / seconds;
}

static bool is_new_height(const struct fs_line *line)
{
    double highest = 0.0;

    for (unsigned i = 0; i < line->n; i++)
        highest = fmax(highest, line->y[i]);
    return highest > line->before + NEW_HEIGHT;
}

static bool is_trend(const struct fs_line *line)
{
    const struct regression *fit = &line->fit;
    double slope_error = fit->standard_error / sqrt(fit->sxx);

    return fit->slope > SURE * slope_error && slope_without_steps(line) >= EVEN * fit->slope && is_new_height(line);
}

/* is_said: it is foretold already, and stays so until the line has clearly another direction. */
static double line_until_s(const struct fs_line *line, bool is_said)
{
    if (!(line->fit.slope > 0.0) || (!is_said && !is_trend(line)))
        return INFINITY;
    return fmax((FULL - regress_at(&line->fit, 0.0)) / line->fit.slope, 0.0);
}

/* ---- the outlook ---- */

static double newest(const struct node *node)
{
    unsigned count = node->ring.count;

    return count > 0 ? ring_value(&node->ring, count - 1, METRIC_FS) / 100.0 : NAN;
}

enum fs_outlook_level fs_outlook_level(const struct node *node)
{
    return node->fs_history != NULL ? (enum fs_outlook_level)node->fs_history->level : FS_OUTLOOK_NONE;
}

void fs_outlook_add(struct node *node, int64_t now_ms)
{
    double share = newest(node);

    if (!isnan(share))
        fs_history_note(&node->fs_history, now_ms, 100.0 * share);
}

struct fs_outlook fs_outlook_of(const struct node *node, int64_t now_ms)
{
    struct fs_outlook outlook = {.now = newest(node), .until_s = INFINITY};
    bool is_said = fs_outlook_level(node) != FS_OUTLOOK_NONE;
    struct fs_line line;

    if (outlook.now >= FULL)
        outlook.until_s = 0.0;
    for (size_t i = 0; i < sizeof line_periods / sizeof *line_periods && node->fs_history != NULL; i++)
        if (fit_line(node->fs_history, line_periods[i], now_ms, &line) &&
            outlook.now > regress_at(&line.fit, 0.0) - FALLEN)
            outlook.until_s = fmin(outlook.until_s, line_until_s(&line, is_said));
    return outlook;
}

/* ---- levels ---- */

static enum fs_outlook_level level_after(const struct fs_outlook *outlook, enum fs_outlook_level before)
{
    double soon_s = (before == FS_OUTLOOK_NONE ? 1.0 : AFTER_SOON) * FS_OUTLOOK_SOON_S;

    if (outlook->now >= (before == FS_OUTLOOK_FULL ? STILL_FULL : FULL))
        return FS_OUTLOOK_FULL;
    if (outlook->until_s <= soon_s || (before == FS_OUTLOOK_SOON && outlook->now >= ALMOST_FULL))
        return FS_OUTLOOK_SOON;
    return FS_OUTLOOK_NONE;
}

bool fs_outlook_changed(struct node *node, const struct fs_outlook *outlook)
{
    enum fs_outlook_level before = fs_outlook_level(node);

    if (isnan(outlook->now) || node->fs_history == NULL)
        return false;
    enum fs_outlook_level after = level_after(outlook, before);
    node->fs_history->level = (uint8_t)after;
    node->fills = after != FS_OUTLOOK_NONE;
    return after != before;
}

/* ---- the sentence ---- */

void fs_outlook_sentence(const struct node *node, const struct fs_outlook *outlook, char *text, size_t size)
{
    char about[32], when[64];

    if (fs_outlook_level(node) == FS_OUTLOOK_NONE) {
        snprintf(when, sizeof when, "not expected to be full soon");
    } else if (outlook->now >= FULL) {
        snprintf(when, sizeof when, "full");
    } else if (isinf(outlook->until_s) || outlook->until_s <= 0.0) {
        snprintf(when, sizeof when, "almost full");
    } else {
        format_about(outlook->until_s, about, sizeof about);
        snprintf(when, sizeof when, "full in about %s", about);
    }
    snprintf(text, size, "%s: fullest file system %.0f%% now, %s", node->id, 100.0 * outlook->now, when);
}
