#include "agent/uplink/send_pace.h"

#include "common/hash.h"
#include "common/limits.h"
#include "common/uint.h"

#include <math.h>
#include <string.h>

void send_pace_init(struct send_pace *pace, const char *node_id, uint32_t interval_ms)
{
    *pace = (struct send_pace){.phase = hash_fnv1a(hash_fnv1a_begin(), node_id, strlen(node_id)),
                               .interval_ms = interval_ms};
    send_pace_begin(pace);
}

void send_pace_begin(struct send_pace *pace)
{
    pace->samples = 1;
    pace->fresh = true;
    pace->cpu_sent = NAN;
}

void send_pace_set(struct send_pace *pace, uint32_t report_ms, uint32_t ack_interval_ms, uint32_t samples_max)
{
    uint32_t bounded_ms = uint_min(report_ms, uint_min(ack_interval_ms, REPORT_MS_MAX));
    uint32_t samples = pace->interval_ms > 0 ? bounded_ms / pace->interval_ms : 1;

    pace->samples = uint_max(uint_min(samples, samples_max), 1);
}

static double cpu_of(const struct sample *sample)
{
    return sample_has(sample, METRIC_CPU) ? sample->value[METRIC_CPU].gauge : NAN;
}

/* false if either value is NaN. */
static bool has_jumped(const struct send_pace *pace, const struct sample *newest)
{
    return newest != NULL && fabs(cpu_of(newest) - pace->cpu_sent) > SEND_PACE_JUMP;
}

/* The interval is taken from the phase first: the phase of the samples themselves, within the interval, is its
 * remainder. */
static uint64_t last_of_report(const struct send_pace *pace, uint64_t newest_seq)
{
    uint64_t shift = pace->phase / pace->interval_ms % pace->samples;
    uint64_t past = (newest_seq % pace->samples + shift) % pace->samples;

    return newest_seq > past ? newest_seq - past : 0;
}

bool send_pace_is_due(const struct send_pace *pace, uint64_t sent_seq, uint64_t newest_seq, const struct sample *newest)
{
    if (pace->samples <= 1 || pace->fresh)
        return true;
    return sent_seq < last_of_report(pace, newest_seq) || has_jumped(pace, newest);
}

void send_pace_note_sent(struct send_pace *pace, const struct sample *last)
{
    pace->fresh = false;
    pace->cpu_sent = cpu_of(last);
}

uint32_t send_pace_limit_ms(const struct send_pace *pace)
{
    return pace->samples > 1 ? pace->samples * pace->interval_ms + pace->interval_ms / 2 : 0;
}
