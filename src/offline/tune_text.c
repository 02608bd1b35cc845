#include "offline/tune_text.h"

#include "common/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define UNCHANGED 5e-5 /* difference of two shares that look the same */

struct text {
    char *at;
    size_t room;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text->at, text->room, format, args);
    va_end(args);
    size_t used = len < 0 ? 0 : (size_t)len < text->room ? (size_t)len : text->room - 1;
    text->at += used;
    text->room -= used;
}

/* Each setting that differs from the present one, or all of them. */
static void put_settings(const struct tune_search *search, const struct tune_candidate *candidate, const char *equals,
                         const char *end, struct text *text)
{
    const struct tune_candidate *present = &search->candidates[0];
    bool all = candidate == present;
    char value[32];

    if (all || fabs(candidate->price - present->price) > 1e-9)
        put(text, "price%s%g%s", equals, candidate->price, end);
    if (all || fabs(candidate->high - present->high) > 1e-9) {
        format_percent(candidate->high, value, sizeof value);
        put(text, "cpu-high%s%s%s", equals, value, end);
    }
    if (all || candidate->stabilization_ms != present->stabilization_ms) {
        format_duration_value(candidate->stabilization_ms, value, sizeof value);
        put(text, "stabilization%s%s%s", equals, value, end);
    }
    if (all || candidate->lead_time_ms != present->lead_time_ms) {
        format_duration_value(candidate->lead_time_ms, value, sizeof value);
        put(text, "lead-time%s%s%s", equals, value, end);
    }
}

void tune_text_settings(const struct tune_search *search, const struct tune_candidate *candidate, char *text,
                        size_t size)
{
    struct text out = {text, size};

    text[0] = '\0';
    put_settings(search, candidate, " ", ", ", &out);
    if (out.at - text >= 2)
        out.at[-2] = '\0'; /* the last comma */
}

void tune_text_config(const struct tune_search *search, const struct tune_candidate *candidate, char *text, size_t size)
{
    struct text out = {text, size};

    text[0] = '\0';
    put_settings(search, candidate, " = ", "\n", &out);
}

/* "2.1 % more nodes", "the same nodes". */
static void put_change(struct text *text, double value, double than, const char *what)
{
    double percent = 100.0 * (value / than - 1.0);

    if (fabs(percent) < 0.05)
        put(text, "as many %s", what);
    else
        put(text, "%.1f %% %s %s", fabs(percent), percent > 0.0 ? "more" : "fewer", what);
}

static void put_better(const struct tune_search *search, struct text *text)
{
    const struct tune_candidate *chosen = &search->candidates[search->chosen], *present = &search->candidates[0];
    double limit = 100.0 * search->load.limit;

    put(text, "On the rest of the load, which the search had not seen, these settings have ");
    put_change(text, chosen->check.nodes, present->check.nodes, "nodes");
    if (fabs(chosen->check.above - present->check.above) < UNCHANGED)
        put(text, ", and utilisation is above %.0f %% for %.2f %% of the time, as before. ", limit,
            100.0 * chosen->check.above);
    else
        put(text, ", and utilisation is above %.0f %% for %.2f %% of the time instead of %.2f %%. ", limit,
            100.0 * chosen->check.above, 100.0 * present->check.above);
    put(text, "Together, at a price of %g, they cost %.1f %% less.", search->present.price,
        100.0 * (1.0 - chosen->check.cost / present->check.cost));
}

static void put_refuted(const struct tune_search *search, struct text *text)
{
    const struct tune_candidate *chosen = &search->candidates[search->chosen], *present = &search->candidates[0];
    char settings[128];

    tune_text_settings(search, chosen, settings, sizeof settings);
    put(text,
        "No better settings were found: keep the present ones. The best on the first part, %s, cost %.1f %% less "
        "there, "
        "but ",
        settings, 100.0 * (1.0 - chosen->tuning.cost / present->tuning.cost));
    if (chosen->check.cost >= present->check.cost)
        put(text, "%.1f %% more on the rest of the load.", 100.0 * (chosen->check.cost / present->check.cost - 1.0));
    else if (!(chosen->check.above > search->present_above))
        put(text, "the %.1f %% that they save on the rest of the load are within the noise.",
            100.0 * (1.0 - chosen->check.cost / present->check.cost));
    else
        put(text,
            "on the rest the present settings do better with as many nodes, at another price: above %.0f %% for %.2f "
            "%% "
            "of the time instead of %.2f %%.",
            100.0 * search->load.limit, 100.0 * search->present_above, 100.0 * chosen->check.above);
}

void tune_text_verdict(const struct tune_search *search, char *text, size_t size)
{
    struct text out = {text, size};

    text[0] = '\0';
    switch (search->verdict) {
    case TUNE_BETTER:
        put_better(search, &out);
        break;
    case TUNE_REFUTED:
        put_refuted(search, &out);
        break;
    case TUNE_NONE:
        put(&out,
            "No better settings were found: keep the present ones. Of the %zu that were tried, none saves more than "
            "the "
            "noise on the first part of the load.",
            search->count - 1);
        break;
    }
}
