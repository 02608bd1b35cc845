#include "collector/autoscale/decision_log.h"

#include "collector/store/segments_log.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 1000U
#define ROW_MAX  2048

const char decision_log_header[] =
    "timestamp,group,action,current,raw,desired,rule,resource,guard,mode,live,stale,unreported,warming,pending,leaving,"
    "expired,age_s,cpu_demand,cpu_capacity,cpu,memory,disk,forecaster,cpu_forecast,cpu_forecast_low,cpu_forecast_high,"
    "cpu_forecast_bound,horizon_s,price_expected,price_promised,price_paid,coverage,high,target,price,nodes_min,"
    "nodes_max,lead_time_s,stabilization_s,reactive_vote,forecast_vote,order,why\n";

/* In the column order: what of the decision has become an order. */
static const char *const order_names[] = {
    [ORDER_NONE] = "", [ORDER_INTENT] = "intent", [ORDER_ACCEPTED] = "accepted", [ORDER_FAILED] = "failed"};

/* ---- rows ---- */

bool decision_log_row_ok(const char *row, size_t len)
{
    /* The sentence is quoted and comes last. */
    return len > 2 && row[0] >= '0' && row[0] <= '9' && row[len - 1] == '"' && memchr(row, '\0', len) == NULL;
}

/* A number, or an empty field for what is not there. */
static size_t put_number(char *row, size_t used, double number, int decimals)
{
    if (isnan(number))
        return used + (size_t)snprintf(row + used, ROW_MAX - used, ",");
    return used + (size_t)snprintf(row + used, ROW_MAX - used, "%.*f,", decimals, number);
}

/* RFC 4180: in quotes, a quote is doubled. */
static size_t put_quoted(char *row, size_t used, const char *text)
{
    row[used++] = '"';
    for (; *text != '\0' && used + 4 < ROW_MAX; text++) {
        if (*text == '"')
            row[used++] = '"';
        row[used++] = *text;
    }
    row[used++] = '"';
    row[used++] = '\n';
    return used;
}

/* The largest over all resources; 0: all abstained. */
static unsigned largest(const unsigned *votes)
{
    unsigned largest = 0;

    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (votes[r] > largest)
            largest = votes[r];
    return largest;
}

/* What the cpu's forecast says; empty fields where there is none. */
static size_t put_forecast(char *row, size_t used, const struct forecast *f)
{
    const double demand[] = {f->expected, f->low, f->high, f->bound};
    const double prices[] = {f->price, f->promised, f->paid, 100.0 * f->coverage};

    used += (size_t)snprintf(row + used, ROW_MAX - used, "%s,", f->valid ? forecaster_names[f->forecaster] : "");
    for (unsigned i = 0; i < sizeof demand / sizeof *demand; i++)
        used = put_number(row, used, f->valid ? demand[i] : NAN, 4);
    used = put_number(row, used, f->valid ? (double)f->horizon_ms / 1000.0 : NAN, 3);
    for (unsigned i = 0; i < sizeof prices / sizeof *prices; i++)
        used = put_number(row, used, f->valid ? prices[i] : NAN, 3);
    return used;
}

static size_t format_row(char *row, int64_t wall_ms, const char *group, const struct decision *decision,
                         enum order_stage order, const char *why)
{
    const struct group_observation *observed = &decision->observed;
    const struct resource_observation *cpu = &observed->resource[RESOURCE_CPU];
    const struct thresholds *thresholds = &decision->settings.thresholds[decision->resource];
    bool voted = decision->rule == RULE_REACTIVE || decision->rule == RULE_FORECAST;

    size_t used = (size_t)snprintf(
        row, ROW_MAX, "%" PRId64 ".%03" PRId64 ",%s,%s,%u,%u,%u,%s,%s,%s,%s,%u,%u,%u,%u,%u,%u,%u,", wall_ms / 1000,
        wall_ms % 1000, group, action_names[decision->action], decision->current, decision->raw, decision->desired,
        rule_names[decision->rule], voted ? resource_names[decision->resource] : "", guard_names[decision->guard],
        mode_names[decision->settings.mode], observed->live, observed->stale, observed->unreported, observed->warming,
        decision->pending, decision->leaving, decision->expired);
    used = put_number(row, used, (double)observed->age_ms / 1000.0, 3);
    used = put_number(row, used, cpu->demand, 4);
    used = put_number(row, used, cpu->capacity, 4);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        used = put_number(row, used, 100.0 * decision->utilisation[r], 2);
    used = put_forecast(row, used, &decision->forecast[RESOURCE_CPU]);
    used = put_number(row, used, 100.0 * thresholds->high, 2);
    used = put_number(row, used, 100.0 * thresholds->target, 2);
    used = put_number(row, used, decision->settings.price, 3);
    used += (size_t)snprintf(row + used, ROW_MAX - used, "%u,%u,", decision->settings.nodes_min,
                             decision->settings.nodes_max);
    used = put_number(row, used, (double)decision->lead_ms / 1000.0, 3);
    used = put_number(row, used, (double)decision->window_ms / 1000.0, 3);
    used += (size_t)snprintf(row + used, ROW_MAX - used, "%u,%u,%s,", largest(decision->vote_reactive),
                             largest(decision->vote_forecast), order_names[order]);
    return put_quoted(row, used, why);
}

/* ---- writing ---- */

static void decision_log_on_work(uv_work_t *work)
{
    struct decision_log *log = work->data;
    int rc = segments_begin_write(log->segments, log->again, log->rotation, clock_wall_ms());

    if (rc == 0)
        rc = segments_append(log->segments, log->job, log->job_len);
    log->rc = segments_end_write(log->segments, rc, true);
}

static void begin_write(struct decision_log *log);

static void decision_log_on_retry(uv_timer_t *timer)
{
    begin_write(timer->data);
}

static void decision_log_on_written(uv_work_t *work, int status)
{
    struct decision_log *log = work->data;

    (void)status; /* never cancelled */
    log->writing = false;
    segments_log_meddling(log->segments, segments_take_events(log->segments));
    if (log->rc < 0 && !log->again)
        log_error("decisions.csv can't be written: %s; it is tried again", strerror(-log->rc));
    else if (log->rc == 0 && log->again)
        log_info("decisions.csv can be written again");
    log->again = log->rc < 0;
    if (!log->again) {
        log->synced = log->job_rows;
        if (log->synced_cb != NULL)
            log->synced_cb(log->synced_arg);
        begin_write(log); /* what came meanwhile, even at the end */
    } else if (!log->closing) {
        uv_timer_start(&log->retry, decision_log_on_retry, RETRY_MS, 0);
    }
}

static void begin_write(struct decision_log *log)
{
    if (log->writing || (!log->again && log->waiting_len == 0))
        return;
    if (!log->again) {
        char *filled = log->waiting;
        log->waiting = log->job;
        log->job = filled;
        log->job_len = log->waiting_len;
        log->waiting_len = 0;
        log->job_rows = log->added;
    }
    log->writing = true;
    log->work.data = log;
    segments_set_limits(log->segments, &log->limits); /* no worker has them now */
    log->rotation = segments_due(log->segments, clock_wall_ms());
    uv_queue_work(log->loop, &log->work, decision_log_on_work, decision_log_on_written);
}

int decision_log_add(struct decision_log *log, int64_t wall_ms, const char *group, const struct decision *decision,
                     enum order_stage order, const char *why)
{
    char row[ROW_MAX];
    size_t len = format_row(row, wall_ms, group, decision, order, why);

    if (len > DECISION_LOG_BUFFER - log->waiting_len) {
        log_warning("no room for a row of decisions.csv while it can't be written");
        return -ENOSPC;
    }
    memcpy(log->waiting + log->waiting_len, row, len);
    log->waiting_len += len;
    log->added++;
    if (!log->again)
        begin_write(log);
    return 0;
}

/* ---- life ---- */

int decision_log_start(struct decision_log *log, uv_loop_t *loop, struct segments *segments)
{
    *log = (struct decision_log){.loop = loop, .segments = segments, .limits = *segments_get_limits(segments)};
    log->waiting = malloc(DECISION_LOG_BUFFER);
    log->job = malloc(DECISION_LOG_BUFFER);
    if (log->waiting == NULL || log->job == NULL) {
        decision_log_deinit(log);
        return -ENOMEM;
    }
    uv_timer_init(loop, &log->retry);
    log->retry.data = log;
    return 0;
}

void decision_log_close(struct decision_log *log)
{
    log->closing = true;
    handle_close(&log->retry, NULL);
}

void decision_log_deinit(struct decision_log *log)
{
    free(log->waiting);
    free(log->job);
    log->waiting = NULL;
    log->job = NULL;
}
