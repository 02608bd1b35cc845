#include "offline/tune_report.h"

#include "common/format.h"
#include "offline/json_line.h"
#include "offline/tune_text.h"

#include <errno.h>
#include <string.h>

#define DAY_MS     INT64_C(86400000)
#define TEXT_WIDTH 100U

static const char *const verdict_names[] = {[TUNE_BETTER] = "better", [TUNE_REFUTED] = "refuted", [TUNE_NONE] = "none"};

/* ---- the table ---- */

/* The candidates that the table shows, by nodes. Returns their number. */
static size_t choose_rows(const struct tune_search *search, const struct tune_candidate *rows[TUNE_CANDIDATES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < search->count; i++) {
        const struct tune_candidate *candidate = &search->candidates[i];
        size_t at = count;
        if (!candidate->is_shown)
            continue;
        for (; at > 0 && rows[at - 1]->tuning.nodes > candidate->tuning.nodes; at--)
            rows[at] = rows[at - 1];
        rows[at] = candidate;
        count++;
    }
    return count;
}

static void print_row(const struct tune_search *search, const struct tune_candidate *row, FILE *out)
{
    char high[32], window[32], lead[32];

    format_percent(row->high, high, sizeof high);
    format_duration_value(row->stabilization_ms, window, sizeof window);
    format_duration_value(row->lead_time_ms, lead, sizeof lead);
    (void)fprintf(out, "  %8g  %8s  %13s  %9s  %9.2f  %8.2f %%  %9.2f  %8.2f %%%s\n", row->price, high, window, lead,
                  row->tuning.nodes, 100.0 * row->tuning.above, row->check.nodes, 100.0 * row->check.above,
                  row == &search->candidates[0]                ? "  present"
                  : row != &search->candidates[search->chosen] ? ""
                  : search->verdict == TUNE_BETTER             ? "  recommended"
                                                               : "  best on the first part");
}

static void print_table(const struct tune_search *search, FILE *out)
{
    const struct tune_candidate *rows[TUNE_CANDIDATES_MAX];
    size_t count = choose_rows(search, rows);
    double limit = 100.0 * search->load.limit;

    (void)fprintf(out, "  %8s  %8s  %13s  %9s  %9s  %10s  %9s  %10s\n", "", "", "", "", "tuned on:", "", "rest:", "");
    (void)fprintf(out, "  %8s  %8s  %13s  %9s  %9s  above %2.0f %%  %9s  above %2.0f %%\n", "price", "cpu-high",
                  "stabilization", "lead-time", "nodes", limit, "nodes", limit);
    for (size_t i = 0; i < count; i++)
        print_row(search, rows[i], out);
    (void)fprintf(out, "\nRows above have fewer nodes than those below, and are above %.0f %% for longer.\n", limit);
}

/* ---- text ---- */

/* Wraps the words at TEXT_WIDTH. */
static void print_wrapped(const char *text, FILE *out)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column > 0)
            (void)fputs(column + 1 + len > TEXT_WIDTH ? "\n" : " ", out);
        column = column > 0 && column + 1 + len <= TEXT_WIDTH ? column + 1 + len : len;
        (void)fwrite(text, 1, len, out);
        text += len + strspn(text + len, " ");
    }
    (void)fputs("\n", out);
}

static void format_days(size_t steps, char *text, size_t size)
{
    double days = (double)steps * REPLAY_STEP_MS / (double)DAY_MS;

    snprintf(text, size, days < 1.0 ? "%.1f h" : "%.1f days", days < 1.0 ? 24.0 * days : days);
}

static void print_heading(const struct load *load, size_t steps, double limit, FILE *out)
{
    char span[32];

    format_days(steps, span, sizeof span);
    (void)fprintf(out, "%s: %s", load->name, span);
    if (load->is_recorded)
        (void)fprintf(out, ", recorded with %.2f nodes on average, above %.0f %% for %.2f %% of the time",
                      load->recorded.nodes, 100.0 * limit, 100.0 * load->recorded.above);
    (void)fputs("\n\n", out);
}

void tune_report_print(const struct tune_search *search, const struct load *load, FILE *out)
{
    char text[TUNE_TEXT_MAX];

    print_heading(load, search->load.setup.steps, search->load.limit, out);
    print_table(search, out);
    if (search->verdict == TUNE_BETTER) {
        tune_text_config(search, &search->candidates[search->chosen], text, sizeof text);
        (void)fprintf(out, "\nRecommended:\n\n%s\n", text);
    }
    tune_text_verdict(search, text, sizeof text);
    print_wrapped(text, out);
}

void tune_report_print_short(const struct load *load, size_t steps, FILE *out)
{
    char span[32];

    format_days(steps, span, sizeof span);
    (void)fprintf(
        out,
        "%s: %s are too little history: the search needs %d days, half of them to try settings on and half to "
        "check them.\nKeep the present settings.\n",
        load->name, span, (int)(TUNE_LOAD_MS_MIN / DAY_MS));
}

/* ---- JSON ---- */

static json_t *score_json(const struct tune_score *score)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "nodes", score->nodes, "above_share", score->above, "actions_per_hour",
                     score->actions_per_hour, "cost", score->cost);
}

static json_t *candidate_json(const struct tune_candidate *candidate)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:o, s:o, s:b}", "price", candidate->price, "cpu_high", candidate->high,
                     "stabilization_s", (double)candidate->stabilization_ms / 1000.0, "lead_time_s",
                     (double)candidate->lead_time_ms / 1000.0, "tuning", score_json(&candidate->tuning), "check",
                     candidate->is_checked ? score_json(&candidate->check) : json_null(), "shown", candidate->is_shown);
}

int tune_report_json(const struct tune_search *search, const struct load *load, FILE *out)
{
    json_t *candidates = json_array();
    char text[TUNE_TEXT_MAX];

    for (size_t i = 0; i < search->count; i++)
        if (json_array_append_new(candidates, candidate_json(&search->candidates[i])) != 0) {
            json_decref(candidates);
            return -ENOMEM;
        }
    tune_text_verdict(search, text, sizeof text);
    return json_line_put(json_pack("{s:s, s:s, s:s, s:I, s:I, s:f, s:o, s:o, s:I, s:o}", "load", load->name, "verdict",
                                   verdict_names[search->verdict], "text", text, "steps",
                                   (json_int_t)search->load.setup.steps, "tuning_steps",
                                   (json_int_t)search->load.tuning_steps, "limit", search->load.limit, "recorded_nodes",
                                   load->is_recorded ? json_real(load->recorded.nodes) : json_null(),
                                   "present_above_share", json_line_number(search->present_above), "chosen",
                                   (json_int_t)search->chosen, "candidates", candidates),
                         out);
}

int tune_report_json_short(const struct load *load, size_t steps, FILE *out)
{
    return json_line_put(
        json_pack("{s:s, s:s, s:I}", "load", load->name, "verdict", "too-short", "steps", (json_int_t)steps), out);
}
