#include "collector/problems/alert_health.h"

const char *const alert_outcome_names[ALERT_OUTCOMES] = {"accepted", "failed", "timed_out"};
