#include "scaler/overload.h"

#include "scaler/decision.h"

#define FUTILE_JOINS  3U
#define FUTILE_GROWTH 2U
#define FUTILE_SHARE  0.95

void overload_step(struct overload *overload, struct decision *d)
{
    double utilisation = d->utilisation[RESOURCE_CPU];

    if (!(utilisation > d->settings.thresholds[RESOURCE_CPU].high)) {
        *overload = (struct overload){0};
        return;
    }
    if (!overload->lasts)
        *overload = (struct overload){.lasts = true, .live = d->observed.live, .utilisation = utilisation};
    else if (d->observed.joined > 0)
        overload->joined++;
    d->futile = overload->joined >= FUTILE_JOINS && d->observed.live >= FUTILE_GROWTH * overload->live &&
                utilisation >= FUTILE_SHARE * overload->utilisation;
}
