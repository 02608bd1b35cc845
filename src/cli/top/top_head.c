#include "cli/top/top_head.h"

#include "cli/top/top_format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The right end of a row, unless its text would touch what is left of it. */
static void put_right(struct top_screen *screen, unsigned row, unsigned used, enum top_style style, const char *text)
{
    size_t len = strlen(text);

    if (used + 1 + len <= screen->columns)
        (void)top_screen_put(screen, row, screen->columns - (unsigned)len, style, text);
}

/* ---- the collector ---- */

static void put_title(const struct top *top, struct top_screen *screen, unsigned row, const char *clock)
{
    char text[96];
    unsigned x = top_screen_putf(screen, row, 0, TOP_STYLE_STRONG, "Headroom %s", top->fleet.version);

    x = top_screen_putf(screen, row, x + (top->fleet.version[0] != '\0'), TOP_STYLE_PLAIN, " %s", top->link.collector);
    (void)snprintf(text, sizeof text, "%s%s", top->paused ? "PAUSED  " : "", clock);
    put_right(screen, row, x, top->paused ? TOP_STYLE_WARNING : TOP_STYLE_PLAIN, text);
}

/* Without the beginning that only repeats the collector, which the first line shows. */
static const char *short_error(const struct top *top)
{
    static const char begin[] = "no answer from ";
    const char *error = top->link.error;
    size_t len = strlen(top->link.collector);

    if (strncmp(error, begin, sizeof begin - 1) != 0 ||
        strncmp(error + sizeof begin - 1, top->link.collector, len) != 0)
        return error;
    error += sizeof begin - 1 + len;
    return error + strspn(error, ": ");
}

static void format_silence(int64_t ms, char *text, size_t size)
{
    if (ms < 120000)
        (void)snprintf(text, size, "%" PRId64 " s", ms / 1000);
    else
        (void)snprintf(text, size, "%" PRId64 " min", ms / 60000);
}

/* Why the values are old, if they are. Returns the number of lines. */
static unsigned put_silence(const struct top *top, struct top_screen *screen, unsigned row, int64_t now_ms)
{
    char text[sizeof top->link.error + 96];
    char silence[24];

    if (!top_is_old(top, now_ms)) {
        if (top->fleet.known)
            return 0;
        (void)top_screen_put(screen, row, 0, TOP_STYLE_DIM, "Waiting for the first answer");
        return 1;
    }
    format_silence(top_silence_ms(top, now_ms), silence, sizeof silence);
    (void)snprintf(text, sizeof text, "No answer for %s%s%s%s", silence, top->fleet.known ? "; the values are old" : "",
                   top->link.error[0] != '\0' ? ": " : "", short_error(top));
    return top_screen_put_wrapped(screen, row, 2, TOP_STYLE_CRITICAL, text);
}

static unsigned put_state(const struct top_fleet *fleet, struct top_screen *screen, unsigned row, unsigned x,
                          unsigned state)
{
    char text[32];
    bool is_live = strcmp(top_fleet_states[state], "live") == 0;
    bool is_missing = strcmp(top_fleet_states[state], "missing") == 0;
    enum top_style style = is_missing ? TOP_STYLE_CRITICAL : is_live ? TOP_STYLE_GOOD : TOP_STYLE_PLAIN;

    if (fleet->nodes[state] == 0 && !is_live)
        return x;
    top_format_grouped(fleet->nodes[state], text, sizeof text);
    return top_screen_putf(screen, row, x, style, " %s %s", text, top_fleet_states[state]);
}

static void put_nodes(const struct top_fleet *fleet, struct top_screen *screen, unsigned row)
{
    char text[32];
    char rate[64];

    top_format_grouped(top_fleet_nodes(fleet), text, sizeof text);
    unsigned x = top_screen_putf(screen, row, 0, TOP_STYLE_PLAIN, "Nodes %s:", text);
    for (unsigned state = 0; state < TOP_STATES; state++)
        x = put_state(fleet, screen, row, x, state);
    if (fleet->held)
        x = top_screen_put(screen, row, x, TOP_STYLE_CRITICAL, "  THE DISK CAN'T BE WRITTEN");
    top_format_grouped(round(fleet->samples_per_s), text, sizeof text);
    (void)snprintf(rate, sizeof rate, "%s samples/s", text);
    put_right(screen, row, x, TOP_STYLE_PLAIN, rate);
}

/* ---- problems ---- */

/* How many there are, and the first one, which is the worst. */
static unsigned put_problems(const struct top_problems *problems, struct top_screen *screen, unsigned row)
{
    char age[24];
    unsigned x = 0;

    if (!problems->known)
        return 0;
    if (problems->count == 0) {
        (void)top_screen_put(screen, row, 0, TOP_STYLE_GOOD, "No problems");
        return 1;
    }
    const struct top_problem *worst = &problems->items[0];
    x = top_screen_put(screen, row, 0, TOP_STYLE_PLAIN, "Problems:");
    for (unsigned s = 0; s < TOP_SEVERITIES; s++)
        if (problems->of[s] > 0)
            x = top_screen_putf(screen, row, x, top_problems_style(s), " %u %s%s", problems->of[s],
                                top_problems_severities[s], s == TOP_WARNING && problems->of[s] > 1 ? "s" : "");
    if (problems->more > 0)
        x = top_screen_putf(screen, row, x, TOP_STYLE_PLAIN, " and %u more", problems->more);
    top_format_age(worst->age_ms, age, sizeof age);
    x = top_screen_putf(screen, row, x + 2, top_problems_style(worst->severity), "for %s: %s", age, worst->text);
    if (x > screen->columns)
        top_screen_glyph(screen, row, screen->columns - 1, top_problems_style(worst->severity), '~');
    return 1;
}

/* ---- what the table shows ---- */

static unsigned put_tab(struct top_screen *screen, unsigned row, unsigned x, bool is_shown, const char *name,
                        double count)
{
    char text[32] = "";
    enum top_style style = is_shown ? TOP_STYLE_STRONG : TOP_STYLE_DIM;

    if (!isnan(count))
        top_format_grouped(count, text, sizeof text);
    return top_screen_putf(screen, row, x, style, is_shown ? "[%s%s%s]" : " %s%s%s ", name, text[0] != '\0' ? " " : "",
                           text);
}

static void put_tabs(const struct top *top, struct top_screen *screen, unsigned row)
{
    const struct top_table *table = &top->tables[top->view];
    const struct top_problems *problems = &top->problems;
    char text[96] = "";
    unsigned x = put_tab(screen, row, 0, top->view == TOP_VIEW_GROUPS, "Groups", top->groups.count);

    x = put_tab(screen, row, x, top->view == TOP_VIEW_NODES, "Nodes", top_fleet_nodes(&top->fleet));
    x = put_tab(screen, row, x, top->view == TOP_VIEW_PROBLEMS, "Problems",
                problems->known ? problems->count + problems->more : (double)NAN);
    if (top->view == TOP_VIEW_NODE)
        x = top_screen_putf(screen, row, x, TOP_STYLE_STRONG, "[Node %s]", top->node_id);
    if (table->filter[0] != '\0')
        (void)snprintf(text, sizeof text, "filter: %s, %u line%s", table->filter, table->count,
                       table->count == 1 ? "" : "s");
    put_right(screen, row, x, TOP_STYLE_WARNING, text);
}

unsigned top_head_put(const struct top *top, struct top_screen *screen, int64_t now_ms, const char *clock)
{
    unsigned row = 1;

    put_title(top, screen, 0, clock);
    row += put_silence(top, screen, row, now_ms);
    if (top->fleet.known) {
        put_nodes(&top->fleet, screen, row++);
        row += put_problems(&top->problems, screen, row);
    }
    put_tabs(top, screen, row);
    return row + 1;
}
