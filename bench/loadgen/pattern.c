#include "loadgen/pattern.h"

#include "common/random.h"

#include <math.h>

#define TURN_BITS 10U
#define TURN      (1U << TURN_BITS)
#define TAU       6.283185307179586

static double sines[TURN + 1];

void pattern_init(void)
{
    for (unsigned i = 0; i <= TURN; i++)
        sines[i] = sin(TAU * i / TURN);
}

/* The sine of a phase in turns, at least 0, interpolated linearly between the entries of a table, so that no integral
 * decreases. */
static double wave(double phase)
{
    double at = (phase - (double)(uint64_t)phase) * TURN;
    unsigned i = (unsigned)at;

    return sines[i] + (sines[i + 1] - sines[i]) * (at - i);
}

/* What distinguishes a node: constant numbers from 0 to 1. */
struct character {
    double level;
    double phase;
    double speed;
};

static struct character character_of(uint64_t number)
{
    uint64_t bits = random_next(&number);

    return (struct character){.level = (double)(bits & 0xFFFFU) / 65536.0,
                              .phase = (double)(bits >> 16 & 0xFFFFU) / 65536.0,
                              .speed = (double)(bits >> 32 & 0xFFFFU) / 65536.0};
}

static double noise(uint32_t node, uint64_t time_ms)
{
    uint64_t state = time_ms << 20 ^ node;

    return (double)(random_next(&state) >> 11) / 9007199254740992.0 - 0.5;
}

/* Bytes since the start, at a rate that oscillates by half of its mean with period_s. */
static uint64_t bytes(double rate, double seconds, double period_s, double phase)
{
    double wavy = 0.5 * period_s / TAU * (1.0 - wave(seconds / period_s + phase + 0.25));

    return (uint64_t)(rate * (seconds + wavy));
}

void pattern_put(uint32_t node, uint32_t group, uint64_t time_ms, struct sample *sample)
{
    struct character own = character_of(node);
    struct character all = character_of(~(uint64_t)group);
    double seconds = (double)time_ms / 1000.0;
    double period_s = 300.0 + 600.0 * all.speed;
    double swell = wave(seconds / period_s + all.phase);
    double ripple = wave(seconds / (40.0 + 40.0 * own.speed) + own.phase);
    double busy = 45.0 + 10.0 * all.level + 20.0 * swell + 6.0 * ripple + 8.0 * (own.level - 0.5);
    double cpu = busy + 4.0 * noise(node, time_ms);
    double memory = 40.0 + 20.0 * own.level + 5.0 * wave(seconds / 1800.0 + own.phase);
    double scale = 0.5 + own.level;

    sample->present = 0;
    sample_set_gauge(sample, METRIC_CPU, cpu);
    sample_set_gauge(sample, METRIC_MEMORY, memory);
    sample_set_counter(sample, METRIC_DISK_READ, bytes(2e5 * scale, seconds, period_s, all.phase));
    sample_set_counter(sample, METRIC_DISK_WRITE, bytes(8e5 * scale, seconds, 45.0, own.phase));
    sample_set_gauge(sample, METRIC_DISK_BUSY, 10.0 + 0.2 * busy);
    sample_set_gauge(sample, METRIC_LOAD1, busy / 100.0 * PATTERN_CORES);
    sample_set_gauge(sample, METRIC_IOWAIT, 1.0 + 0.02 * busy);
    sample_set_gauge(sample, METRIC_STEAL, 0.0);
    sample_set_gauge(sample, METRIC_SWAP, 2.0 * own.speed);
    sample_set_counter(sample, METRIC_NET_RX, bytes(3e6 * scale, seconds, period_s, all.phase));
    sample_set_counter(sample, METRIC_NET_TX, bytes(5e6 * scale, seconds, period_s, all.phase));
    sample_set_gauge(sample, METRIC_PSI_CPU, busy > 50.0 ? (busy - 50.0) / 3.0 : 0.0);
    sample_set_gauge(sample, METRIC_PSI_MEMORY, 0.0);
    sample_set_gauge(sample, METRIC_PSI_IO, 0.5 + 0.5 * own.level);
}

void pattern_put_rare(uint32_t node, uint64_t time_ms, struct sample *sample)
{
    double busy = sample->value[METRIC_CPU].gauge;
    uint64_t seconds = time_ms / 1000;

    sample_set_gauge(sample, METRIC_THROTTLED, busy > 60.0 ? busy - 60.0 : 0.0);
    sample_set_counter(sample, METRIC_OOM_KILLS, seconds / (3600 + node));
    sample_set_gauge(sample, METRIC_APP_LOAD, 5.0 * busy + 20.0 * (0.5 + noise(node, ~time_ms)));
    sample_set_gauge(sample, METRIC_APP_CAPACITY, 300.0 + node % 3 * 100.0);
    sample_set_gauge(sample, METRIC_FS, 50.0 + (double)(seconds / 15 % 4000) / 100.0);
}
