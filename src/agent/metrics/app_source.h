/* Pure. The application's own measure of its load, which it writes into the file of --app-file: "LOAD CAPACITY". */
#ifndef AGENT_METRICS_APP_SOURCE_H
#define AGENT_METRICS_APP_SOURCE_H

#include "agent/metrics/source.h"

#define APP_SOURCE_AGE_INTERVALS 3U    /* a file that is older says nothing any more; */
#define APP_SOURCE_AGE_MS_MIN    3000U /* applications write once a second, however often the agent reads */

extern const struct source app_source;

#endif
