#include "offline/peers.h"

#include "offline/quantile.h"

#include <math.h>

#define TARGET       0.7
#define ROUNDING     1e-9
#define MINUTE_STEPS 4U

#define AWS_MINUTES_ABOVE 3U
#define AWS_MINUTES_BELOW 15U
#define AWS_BELOW         (0.9 * TARGET)
#define AWS_EARLY_STEPS   20U /* 5 minutes */

#define BUCKET_FIRST    0.01 /* nodes */
#define BUCKET_GROWTH   1.05
#define HALF_LIFE_STEPS 2880.0 /* 12 hours */
#define PERCENTILE      0.95

static double nodes_for(double demand)
{
    return fmax(1.0, ceil(demand / TARGET - ROUNDING));
}

static struct sim_move move_to(double nodes)
{
    return (struct sim_move){.desired = (unsigned)nodes, .recommendation = nodes};
}

/* ---- aws ---- */

/* What the alarms ask for at the end of a minute; else the present number. */
static double track(struct peer *peer, const struct sim_view *view)
{
    double current = view->ready + view->pending;

    peer->minute += view->utilisation;
    if (view->step % MINUTE_STEPS != MINUTE_STEPS - 1)
        return current;
    double mean = peer->minute / MINUTE_STEPS;
    peer->minute = 0.0;
    peer->minutes_above = mean > TARGET ? peer->minutes_above + 1 : 0;
    peer->minutes_below = mean < AWS_BELOW ? peer->minutes_below + 1 : 0;
    if (peer->minutes_above >= AWS_MINUTES_ABOVE)
        return fmax(current, nodes_for(mean * view->ready));
    if (peer->minutes_below >= AWS_MINUTES_BELOW && view->pending == 0)
        return fmin(current, nodes_for(mean * view->ready));
    return current;
}

static struct sim_move aws_tracking_step(void *state, const struct sim_view *view)
{
    return move_to(track(state, view));
}

struct sim_policy peers_aws_tracking(struct peer *peer)
{
    return (struct sim_policy){.name = "aws-tracking", .state = peer, .step = aws_tracking_step};
}

/* ---- hours ---- */

static unsigned hour_of(size_t step)
{
    return (unsigned)(step / PEERS_HOUR_STEPS % PEERS_DAY_HOURS);
}

static void end_hour(struct peer *peer, unsigned hour)
{
    double sum = 0.0;

    for (unsigned i = 0; i < PEERS_HOUR_STEPS; i++)
        sum += peer->hour[i];
    peer->means[hour][peer->days[hour]++ % PEERS_DAYS] = sum / PEERS_HOUR_STEPS;
    peer->percentile[hour] = quantile_of(peer->hour, PEERS_HOUR_STEPS, PERCENTILE);
}

static void note(struct peer *peer, const struct sim_view *view)
{
    size_t at = view->step % PEERS_HOUR_STEPS;

    peer->hour[at] = view->demand;
    if (at == PEERS_HOUR_STEPS - 1)
        end_hour(peer, hour_of(view->step));
}

static double expected_nodes(const struct peer *peer, unsigned hour)
{
    unsigned days = peer->days[hour] < PEERS_DAYS ? peer->days[hour] : PEERS_DAYS;
    double sum = 0.0;

    for (unsigned i = 0; i < days; i++)
        sum += peer->means[hour][i];
    return days > 0 ? nodes_for(sum / days) : 0.0;
}

static struct sim_move aws_predictive_step(void *state, const struct sim_view *view)
{
    struct peer *peer = state;
    double now = expected_nodes(peer, hour_of(view->step));
    double soon = expected_nodes(peer, hour_of(view->step + AWS_EARLY_STEPS));
    double nodes = fmax(track(peer, view), fmax(now, soon));

    note(peer, view);
    return move_to(nodes);
}

struct sim_policy peers_aws_predictive(struct peer *peer)
{
    return (struct sim_policy){.name = "aws-predictive", .state = peer, .step = aws_predictive_step};
}

/* ---- autopilot ---- */

static unsigned bucket_of(double demand)
{
    if (demand <= BUCKET_FIRST)
        return 0;
    double bucket = 1.0 + floor(log(demand / BUCKET_FIRST) / log(BUCKET_GROWTH));
    return (unsigned)fmin(bucket, PEERS_BUCKETS - 1.0);
}

/* The upper end of the bucket that contains the percentile. */
static double percentile_of(const double *weights)
{
    double total = 0.0;
    double sum = weights[0];
    unsigned i = 0;

    for (unsigned b = 0; b < PEERS_BUCKETS; b++)
        total += weights[b];
    while (sum < PERCENTILE * total && i < PEERS_BUCKETS - 1)
        sum += weights[++i];
    return BUCKET_FIRST * pow(BUCKET_GROWTH, i);
}

static struct sim_move autopilot_step(void *state, const struct sim_view *view)
{
    struct peer *peer = state;
    double left = exp2(-1.0 / HALF_LIFE_STEPS);

    for (unsigned b = 0; b < PEERS_BUCKETS; b++)
        peer->weights[b] *= left;
    peer->weights[bucket_of(view->demand)] += 1.0;
    return move_to(nodes_for(percentile_of(peer->weights)));
}

struct sim_policy peers_autopilot(struct peer *peer)
{
    return (struct sim_policy){.name = "autopilot", .state = peer, .step = autopilot_step};
}

/* ---- keda ---- */

static struct sim_move keda_cron_step(void *state, const struct sim_view *view)
{
    struct peer *peer = state;
    unsigned hour = hour_of(view->step);
    double cron = peer->days[hour] > 0 ? nodes_for(peer->percentile[hour]) : 0.0;
    double nodes = fmax(baselines_hpa_calculate(&peer->hpa.hpa, view), cron);

    note(peer, view);
    return (struct sim_move){.desired = baselines_hpa_stabilize(&peer->hpa, view, nodes), .recommendation = nodes};
}

struct sim_policy peers_keda_cron(struct peer *peer)
{
    return (struct sim_policy){.name = "keda-cron", .state = peer, .step = keda_cron_step};
}
