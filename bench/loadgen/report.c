#include "loadgen/report.h"

#include <inttypes.h>
#include <stdio.h>

static double per_sample_us(const struct report *report, uint64_t ns)
{
    return report->acknowledged > 0 ? (double)ns / 1000.0 / (double)report->acknowledged : 0.0;
}

static double per_second(const struct report *report)
{
    return report->measured_us > 0 ? (double)report->acknowledged * 1e6 / (double)report->measured_us : 0.0;
}

static double latency_ms(const struct report *report, double share)
{
    return (double)histogram_percentile(report->latencies, share) / 1000.0;
}

void report_text(const struct report *report, char *text, size_t size)
{
    const struct usage *collector = &report->collector;

    snprintf(text, size,
             "%u nodes: %" PRIu64 " samples acknowledged in %.1f s, %.0f per second; %" PRIu64 " of %" PRIu64
             " stored in the end\n"
             "ack latency ms: p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f, longest %.1f\n"
             "CPU us per sample: collector %.3f (loop %.3f, worker %.3f), loadgen %.3f\n"
             "collector KiB resident: %" PRIu64 " before, %" PRIu64 " with %u nodes connected, %" PRIu64 " at the end\n"
             "connections: %" PRIu64 " made, %" PRIu64 " broken, %" PRIu64 " rejected; all streamed after %" PRIu64
             " ms, longest outage %" PRIu64 " ms\n",
             report->options->nodes, report->acknowledged, (double)report->measured_us / 1e6, per_second(report),
             report->stored, report->produced, latency_ms(report, 0.5), latency_ms(report, 0.9),
             latency_ms(report, 0.99), latency_ms(report, 0.999), (double)report->latencies->max / 1000.0,
             per_sample_us(report, collector->main_ns + collector->other_ns), per_sample_us(report, collector->main_ns),
             per_sample_us(report, collector->other_ns),
             per_sample_us(report, report->own.main_ns + report->own.other_ns), report->resident_start_kib,
             report->resident_begin_kib, report->streaming, report->resident_end_kib, report->connections,
             report->broken, report->rejected, report->connect_ms, report->outage_ms);
}

void report_json(const struct report *report, char *text, size_t size)
{
    const struct options *options = report->options;

    snprintf(
        text, size,
        "{\"nodes\": %u, \"groups\": %u, \"interval_ms\": %" PRIu32 ", \"batch\": %u, \"flat_out\": %s, \"churn\": %u, "
        "\"seconds\": %.3f, \"acknowledged\": %" PRIu64 ", \"per_second\": %.1f, \"produced\": %" PRIu64
        ", \"stored\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"ack_ms\": {\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, "
        "\"p999\": %.1f, \"max\": %.1f}, \"cpu_us_per_sample\": {\"loop\": %.4f, \"worker\": %.4f, \"loadgen\": %.4f}, "
        "\"cpu_seconds\": {\"loop\": %.3f, \"worker\": %.3f, \"loadgen\": %.3f}, \"resident_kib\": {\"start\": %" PRIu64
        ", \"connected\": %" PRIu64 ", \"end\": %" PRIu64 "}, \"connections\": %" PRIu64 ", \"broken\": %" PRIu64
        ", \"rejected\": %" PRIu64 ", \"streaming\": %u, \"connect_ms\": %" PRIu64 ", \"outage_ms\": %" PRIu64 "}\n",
        options->nodes, options->groups, options->interval_ms, options->batch, options->flat_out ? "true" : "false",
        options->churn, (double)report->measured_us / 1e6, report->acknowledged, per_second(report), report->produced,
        report->stored, report->produced - report->stored + report->forgotten, latency_ms(report, 0.5),
        latency_ms(report, 0.9), latency_ms(report, 0.99), latency_ms(report, 0.999),
        (double)report->latencies->max / 1000.0, per_sample_us(report, report->collector.main_ns),
        per_sample_us(report, report->collector.other_ns),
        per_sample_us(report, report->own.main_ns + report->own.other_ns), (double)report->collector.main_ns / 1e9,
        (double)report->collector.other_ns / 1e9, (double)(report->own.main_ns + report->own.other_ns) / 1e9,
        report->resident_start_kib, report->resident_begin_kib, report->resident_end_kib, report->connections,
        report->broken, report->rejected, report->streaming, report->connect_ms, report->outage_ms);
}
