#include "scaler/doubt.h"

#include <math.h>

#define GAIN 0.02 /* 35 outcomes above the bound in a row double the doubt */
#define MOST 4.0  /* a jump is no reason to doubt everything for days */

double doubt_learn(double doubt, double promised, bool is_above)
{
    return fmin(fmax(doubt * (1.0 + GAIN * (is_above - promised)), 1.0 / MOST), MOST);
}
