/* Pure. Builds one sample from the contents of the node's files.
 *
 * A text that is missing or can't be parsed costs its metrics, never the sample: they are absent. */
#ifndef AGENT_MEASURE_H
#define AGENT_MEASURE_H

#include "agent/devices.h"
#include "agent/node_source.h"
#include "agent/rates.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

#define MEASURE_AVERAGES 4U

/* An average that the kernel computes, as it was read last. */
struct measure_average {
    bool known;
    uint64_t read_ms;
    double value;
};

/* All zeros before measure_init(). */
struct measure {
    struct measure_average averages[MEASURE_AVERAGES];
    struct cpu_rates cpu;
    struct device_rates *disk_rates;
    struct device_rates *nic_rates;
    struct device_names disks;
    struct device_names nics;
};

/* The node's part of the Hello. */
struct measure_node {
    unsigned cores;        /* 0: unknown */
    uint64_t memory_bytes; /* 0: unknown */
};

/* 0 or -ENOMEM. */
int measure_init(struct measure *measure);
void measure_deinit(struct measure *measure);

/* Whether cpu or memory can be read: else the source is no node's. */
bool measure_possible(const struct node_source *source);

struct measure_node measure_node(const struct node_source *source);

/* Takes a reading into sample: present, value and uptime_ms; seq and time_ms are the caller's. The first reading has no
 * percentages that need two. uptime_ms is CLOCK_BOOTTIME at the reading. No allocation. */
void measure_read(struct measure *measure, const struct node_source *source, uint64_t uptime_ms, struct sample *sample);

#endif
