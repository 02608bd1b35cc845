/* Pure. What the network interfaces have received and sent, from /proc/net/dev. */
#ifndef AGENT_METRICS_NIC_SOURCE_H
#define AGENT_METRICS_NIC_SOURCE_H

#include "agent/metrics/source.h"

extern const struct source nic_source;

#endif
