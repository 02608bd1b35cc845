/* Pure. Common scaling policies, for comparison.
 *
 * Each is a struct that is all zeros before the first step, apart from the settings of the HPA. */
#ifndef OFFLINE_BASELINES_H
#define OFFLINE_BASELINES_H

#include "offline/sim_policy.h"

#include <stdbool.h>

#define BASELINES_WINDOW_MAX 240U /* steps: an hour, the longest stabilization window that the HPA allows */
#define BASELINES_HISTORY    7U   /* steps that the PHPA fits: its historySize of 6, and the present one */

struct hpa_settings {
    double target; /* shares */
    double tolerance;
    unsigned window; /* stabilization: steps, up to BASELINES_WINDOW_MAX; 0 counts as 1 */
};

#define HPA_SETTINGS_DEFAULT                                                                                           \
    {                                                                                                                  \
        .target = 0.7, .tolerance = 0.1, .window = 20                                                                  \
    }

struct baseline {
    struct hpa_settings hpa;
    unsigned start; /* nodes at step 0 */
    double recommended[BASELINES_WINDOW_MAX];
    double calculated[BASELINES_HISTORY];
    bool acted;
    size_t acted_step;
};

/* static: as many nodes as the largest demand, known in advance, needs at 70 %. Not possible in practice; a yardstick.
 *
 * threshold: adds one node above 75 %, removes one below 30 %, then a cooldown of 60 s.
 *
 * hpa: the Kubernetes HorizontalPodAutoscaler, by default with a target of 70 %, a tolerance of 10 %, a stabilization
 * window of 5 min, and scale-out steps of at most 4 nodes or 100 %. Pending nodes count as idle in a scale-out.
 * (pkg/controller/podautoscaler/replica_calculator.go)
 *
 * phpa: the larger of the HPA's count and the predictive HPA's linear regression over the HPA's last counts, 10 s
 * ahead. (github.com/jthomperoo/predictive-horizontal-pod-autoscaler) */
struct sim_policy baselines_static(struct baseline *baseline);
struct sim_policy baselines_threshold(struct baseline *baseline);
struct sim_policy baselines_hpa(struct baseline *baseline);
struct sim_policy baselines_phpa(struct baseline *baseline);

/* The parts of the HPA: the count that it calculates, and the count that its stabilization makes of this or another
 * one. */
double baselines_hpa_calculate(const struct hpa_settings *hpa, const struct sim_view *view);
unsigned baselines_hpa_stabilize(struct baseline *baseline, const struct sim_view *view, double recommendation);

#endif
