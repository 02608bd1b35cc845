/* Pure. Policies that others offer, for comparison, each by its published rule. Times of day count from the first step.
 *
 * aws-tracking: a target tracking policy of EC2 Auto Scaling for 70 %, with the alarms that AWS makes for it. After
 * 3 minutes above the target it scales out to the nodes for the target, at once; after 15 minutes below 90 % of the
 * target it scales in, unless nodes are starting.
 * (docs.aws.amazon.com/autoscaling/ec2/userguide, "Target tracking scaling policies")
 *
 * aws-predictive: the same, and no fewer nodes than predictive scaling expects for the hour, 5 minutes early. Its model
 * is not published: here it is the mean of this hour on up to 14 days before. (ibid., "Predictive scaling")
 *
 * autopilot: the 95th percentile of demand at 70 %, in which the weight of a sample halves in 12 hours, from a
 * histogram whose buckets grow by 5 %. (Rzadca et al., Autopilot, EuroSys 2020, 3.2.1)
 *
 * keda-cron: the HPA with a cron trigger of KEDA for each hour, with the nodes for the 95th percentile that this hour
 * had yesterday; the larger of both counts. (keda.sh/docs, "Cron") */
#ifndef OFFLINE_PEERS_H
#define OFFLINE_PEERS_H

#include "offline/baselines.h"
#include "offline/sim_policy.h"

#define PEERS_DAY_HOURS  24U
#define PEERS_HOUR_STEPS 240U
#define PEERS_DAYS       14U
#define PEERS_BUCKETS    400U

/* All zeros before the first step, apart from the settings of the HPA. */
struct peer {
    struct baseline hpa; /* or another one of baselines.h */
    double minute;       /* sum of the utilisation in the present minute */
    unsigned minutes_above, minutes_below;
    double hour[PEERS_HOUR_STEPS];             /* demand in the present hour */
    double means[PEERS_DAY_HOURS][PEERS_DAYS]; /* of each hour, a ring of days */
    unsigned days[PEERS_DAY_HOURS];            /* that were seen of each hour */
    double percentile[PEERS_DAY_HOURS];        /* of the last day */
    double weights[PEERS_BUCKETS];             /* of the histogram */
};

struct sim_policy peers_aws_tracking(struct peer *peer);
struct sim_policy peers_aws_predictive(struct peer *peer);
struct sim_policy peers_autopilot(struct peer *peer);
struct sim_policy peers_keda_cron(struct peer *peer);

#endif
