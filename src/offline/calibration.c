#include "offline/calibration.h"

#include <math.h>

static void judge(struct calibration *promises, const struct promise *promise, double demand, double price)
{
    promises->judged++;
    promises->kept += demand >= promise->low && demand <= promise->high;
    promises->promised += promise->price;
    promises->paid += promise->nodes + (demand > promise->bound ? price : 0.0);
}

void calibration_step(struct calibration *promises, int64_t now_ms, int64_t step_ms, double demand,
                      const struct forecast *forecast, double price)
{
    for (; promises->count > 0; promises->count--, promises->first = (promises->first + 1) % CALIBRATION_MAX) {
        const struct promise *oldest = &promises->waiting[promises->first];
        if (oldest->due_ms > now_ms + step_ms / 2)
            break;
        if (oldest->due_ms > now_ms - step_ms / 2)
            judge(promises, oldest, demand, price);
    }
    if (!forecast->valid || promises->count == CALIBRATION_MAX)
        return;
    promises->waiting[(promises->first + promises->count++) % CALIBRATION_MAX] = (struct promise){
        .due_ms = now_ms + forecast->horizon_ms,
        .low = forecast->low,
        .high = forecast->high,
        .bound = forecast->bound,
        .nodes = forecast->price - price * forecast->above,
        .price = forecast->price,
    };
}

static double mean(double sum, size_t count)
{
    return count > 0 ? sum / (double)count : NAN;
}

double calibration_coverage(const struct calibration *promises)
{
    return mean((double)promises->kept, promises->judged);
}

double calibration_promised(const struct calibration *promises)
{
    return mean(promises->promised, promises->judged);
}

double calibration_paid(const struct calibration *promises)
{
    return mean(promises->paid, promises->judged);
}
