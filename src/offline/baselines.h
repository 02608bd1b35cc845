/* Pure. Policies to compare with: those that others run.
 *
 * Each is a struct of a few dozen bytes, all zeros before the first step. */
#ifndef OFFLINE_BASELINES_H
#define OFFLINE_BASELINES_H

#include "offline/sim_policy.h"

#include <stdbool.h>

#define BASELINES_STABILIZATION 20U /* steps: 5 min, the HPA's default */
#define BASELINES_HISTORY       7U  /* steps that the PHPA fits: its historySize of 6 and the present one */

struct baseline {
    unsigned start; /* nodes at step 0 */
    double recommended[BASELINES_STABILIZATION];
    double calculated[BASELINES_HISTORY];
    bool acted;
    size_t acted_step;
};

/* static: so many nodes as the largest demand, known beforehand, needs at 70 %. What nobody can have; a scale.
 *
 * threshold: one node more above 75 %, one fewer below 30 %, then 60 s of rest.
 *
 * hpa: the Kubernetes HorizontalPodAutoscaler with a target of 70 %, tolerance 10 %, 5 min of stabilization, and at
 * most 4 nodes or as many as there are added in a step. Pending nodes count as idle when scaling out.
 * (pkg/controller/podautoscaler/replica_calculator.go)
 *
 * phpa: the predictive HPA's linear regression over the HPA's last counts, 10 s ahead, the larger of the two.
 * (github.com/jthomperoo/predictive-horizontal-pod-autoscaler) */
struct sim_policy baselines_static(struct baseline *baseline);
struct sim_policy baselines_threshold(struct baseline *baseline);
struct sim_policy baselines_hpa(struct baseline *baseline);
struct sim_policy baselines_phpa(struct baseline *baseline);

#endif
