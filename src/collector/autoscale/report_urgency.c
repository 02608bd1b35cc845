#include "collector/autoscale/report_urgency.h"

#include <math.h>

#define NEAR  0.05 /* below `high`, or on either side of `low` */
#define STILL 0.08 /* the same, once it was near: so that it does not change at each tick */

static bool is_near(const struct decision *decision, enum resource r, double margin)
{
    const struct thresholds *thresholds = &decision->settings.thresholds[r];
    const struct resource_observation *seen = &decision->observed.resource[r];

    if (seen->capacity <= 0.0)
        return false;
    double utilisation = seen->demand / seen->capacity;
    return utilisation >= thresholds->high - margin ||
           (thresholds->low > 0.0 && fabs(utilisation - thresholds->low) <= margin);
}

void report_urgency_note(struct group_report *report, const struct decision *decision)
{
    double margin = report->is_urgent ? STILL : NEAR;
    bool is_urgent = decision->observed.warming > 0;

    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++)
        is_urgent = is_urgent || is_near(decision, r, margin);
    report->is_urgent = is_urgent && decision->settings.mode != MODE_OFF;
    report->live = decision->observed.live;
}
