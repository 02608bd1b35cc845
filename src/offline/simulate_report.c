#include "offline/simulate_report.h"

#include "offline/json_line.h"
#include "offline/trace.h"

#include <string.h>

/* In the order of the table. */
struct figures {
    double violation_share;
    double unserved_share;
    double cost_ratio;
    double actions_per_hour;
    double utilisation;
};

static struct figures figures_of(const struct score *score)
{
    return (struct figures){
        .violation_share = score_violation_share(score),
        .unserved_share = score_unserved_share(score),
        .cost_ratio = score_cost_ratio(score),
        .actions_per_hour = score_actions_per_hour(score),
        .utilisation = score_utilisation(score),
    };
}

static void print_row(const char *trace, int trace_width, const char *policy, const struct figures *f, FILE *out)
{
    (void)fprintf(out, "%-*s  %-14s  %8.2f %%  %7.3f %%  %6.3f  %9.1f  %10.1f %%\n", trace_width, trace, policy,
                  f->violation_share * 100.0, f->unserved_share * 100.0, f->cost_ratio, f->actions_per_hour,
                  f->utilisation * 100.0);
}

static void print_mean(const struct simulate_result *results, size_t traces, size_t policies, int width, FILE *out)
{
    for (size_t p = 0; p < policies; p++) {
        struct figures mean = {0};
        for (size_t t = 0; t < traces; t++) {
            struct figures f = figures_of(&results[t * policies + p].score);
            mean.violation_share += f.violation_share / (double)traces;
            mean.unserved_share += f.unserved_share / (double)traces;
            mean.cost_ratio += f.cost_ratio / (double)traces;
            mean.actions_per_hour += f.actions_per_hour / (double)traces;
            mean.utilisation += f.utilisation / (double)traces;
        }
        print_row(p == 0 ? "mean" : "", width, results[p].policy, &mean, out);
    }
}

void simulate_report_line(const struct score *score, char *text, size_t size)
{
    struct figures f = figures_of(score);

    snprintf(text, size, "above 90 %%: %.2f %% of the time \302\267 cost %.3f \303\227 optimum \302\267 %.1f actions/h",
             f.violation_share * 100.0, f.cost_ratio, f.actions_per_hour);
}

void simulate_report_table(const struct simulate_result *results, size_t traces, size_t policies, FILE *out)
{
    int width = (int)strlen("trace");

    for (size_t i = 0; i < traces * policies; i++)
        if (strlen(results[i].trace) > (size_t)width)
            width = (int)strlen(results[i].trace);
    (void)fprintf(out, "%-*s  %-14s  %10s  %9s  %6s  %9s  %12s\n", width, "trace", "policy", "above 90 %", "unserved",
                  "cost", "actions/h", "utilisation");
    for (size_t i = 0; i < traces * policies; i++) {
        struct figures f = figures_of(&results[i].score);
        print_row(i % policies == 0 ? results[i].trace : "", width, results[i].policy, &f, out);
    }
    if (traces > 1)
        print_mean(results, traces, policies, width, out);
}

int simulate_report_json(const struct simulate_result *result, FILE *out)
{
    const struct score *score = &result->score;
    struct figures f = figures_of(score);

    return json_line_put(
        json_pack("{s:s, s:s, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:o, s:o, s:o}", "trace",
                  result->trace, "policy", result->policy, "startup_delay_s", (double)result->delay_ms / 1000.0,
                  "steps", (json_int_t)score->steps, "hours", (double)score->steps * REPLAY_STEP_S / 3600.0,
                  "violation_share", f.violation_share, "unserved_share", f.unserved_share, "cost_ratio", f.cost_ratio,
                  "actions_per_hour", f.actions_per_hour, "regretted_share", score_regretted_share(score),
                  "mean_utilisation", f.utilisation, "node_hours", score_node_hours(score), "optimum_node_hours",
                  score->optimum * REPLAY_STEP_S / 3600.0, "max_nodes", (int)score->nodes_max, "coverage",
                  json_line_number(result->coverage), "price_promised", json_line_number(result->price_promised),
                  "price_paid", json_line_number(result->price_paid)),
        out);
}
