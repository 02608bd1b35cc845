#include "loadgen/report.h"

#include "common/writer.h"

#include <inttypes.h>

static double per_sample_us(uint64_t ns, uint64_t samples)
{
    return samples > 0 ? (double)ns / 1000.0 / (double)samples : 0.0;
}

static double own_us(const struct report *report)
{
    return per_sample_us(report->own.main_ns + report->own.other_ns, report->acknowledged);
}

/* Of a thread of the collector, as long as it existed. */
static double collector_us(const struct report *report, uint64_t ns)
{
    return per_sample_us(ns, report->collector_acknowledged);
}

static double per_second(const struct report *report)
{
    return report->measured_us > 0 ? (double)report->acknowledged * 1e6 / (double)report->measured_us : 0.0;
}

static double percentile_ms(const struct histogram *latencies_us, double share)
{
    return (double)histogram_percentile(latencies_us, share) / 1000.0;
}

static double longest_ms(const struct histogram *latencies_us)
{
    return (double)latencies_us->max / 1000.0;
}

/* ---- for people ---- */

static void text_latencies(struct writer *writer, const char *name, const struct histogram *us)
{
    writer_print(writer, "%s: p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f, longest %.1f\n", name, percentile_ms(us, 0.5),
                 percentile_ms(us, 0.9), percentile_ms(us, 0.99), percentile_ms(us, 0.999), longest_ms(us));
}

static void text_costs(struct writer *writer, const struct report *report)
{
    const struct usage_span *collector = &report->collector;

    writer_print(writer, "CPU us per sample: collector %.3f (loop %.3f, worker %.3f), loadgen %.3f\n",
                 collector_us(report, collector->main_ns + collector->other_ns),
                 collector_us(report, collector->main_ns), collector_us(report, collector->other_ns), own_us(report));
    if (collector->ended)
        writer_print(writer,
                     "the collector's process %ld has ended: its CPU time is that of the first %.1f s, of %" PRIu64
                     " samples\n",
                     (long)collector->pid, (double)report->collector_us / 1e6, report->collector_acknowledged);
    writer_print(writer,
                 "collector KiB resident: %" PRIu64 " before, %" PRIu64 " with %u nodes connected, %" PRIu64
                 " at the end\n",
                 report->resident_start_kib, report->resident_begin_kib, report->streaming, report->resident_end_kib);
}

void report_text(const struct report *report, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};

    writer_print(&writer,
                 "%u nodes: %" PRIu64 " samples acknowledged in %.1f s, %.0f per second; %" PRIu64 " of %" PRIu64
                 " stored in the end\n",
                 report->options->nodes, report->acknowledged, (double)report->measured_us / 1e6, per_second(report),
                 report->stored, report->produced);
    writer_print(&writer, "frames sent: %" PRIu64 "; Acks received: %" PRIu64 "\n", report->frames_sent,
                 report->acks_received);
    text_latencies(&writer, "ack latency ms", report->latencies);
    if (report->broken_latencies->count > 0)
        text_latencies(&writer, "the same of samples that were sent before a break", report->broken_latencies);
    text_costs(&writer, report);
    writer_print(&writer,
                 "connections: %" PRIu64 " made, %" PRIu64 " broken, %" PRIu64 " rejected; all streamed after %" PRIu64
                 " ms, longest outage %" PRIu64 " ms\n",
                 report->connections, report->broken, report->rejected, report->connect_ms, report->outage_ms);
}

/* ---- for programs ---- */

static void json_latencies(struct writer *writer, const char *name, const struct histogram *us)
{
    writer_print(writer,
                 "\"%s\": {\"count\": %" PRIu64
                 ", \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}, ",
                 name, us->count, percentile_ms(us, 0.5), percentile_ms(us, 0.9), percentile_ms(us, 0.99),
                 percentile_ms(us, 0.999), longest_ms(us));
}

static void json_costs(struct writer *writer, const struct report *report)
{
    const struct usage_span *collector = &report->collector;
    const struct usage_span *own = &report->own;

    writer_print(writer,
                 "\"cpu_us_per_sample\": {\"loop\": %.4f, \"worker\": %.4f, \"loadgen\": %.4f}, "
                 "\"cpu_seconds\": {\"loop\": %.3f, \"worker\": %.3f, \"loadgen\": %.3f}, "
                 "\"collector_ended\": %s, \"collector_seconds\": %.3f, "
                 "\"resident_kib\": {\"start\": %" PRIu64 ", \"connected\": %" PRIu64 ", \"end\": %" PRIu64 "}, ",
                 collector_us(report, collector->main_ns), collector_us(report, collector->other_ns), own_us(report),
                 (double)collector->main_ns / 1e9, (double)collector->other_ns / 1e9,
                 (double)(own->main_ns + own->other_ns) / 1e9, collector->ended ? "true" : "false",
                 (double)report->collector_us / 1e6, report->resident_start_kib, report->resident_begin_kib,
                 report->resident_end_kib);
}

void report_json(const struct report *report, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    const struct options *options = report->options;

    writer_print(&writer,
                 "{\"nodes\": %u, \"groups\": %u, \"interval_ms\": %" PRIu32
                 ", \"batch\": %u, \"flat_out\": %s, \"churn\": %u, \"seconds\": %.3f, \"acknowledged\": %" PRIu64
                 ", \"per_second\": %.1f, \"produced\": %" PRIu64 ", \"stored\": %" PRIu64 ", \"lost\": %" PRIu64 ", ",
                 options->nodes, options->groups, options->interval_ms, options->batch,
                 options->flat_out ? "true" : "false", options->churn, (double)report->measured_us / 1e6,
                 report->acknowledged, per_second(report), report->produced, report->stored,
                 report->produced - report->stored + report->forgotten);
    writer_print(&writer, "\"frames_sent\": %" PRIu64 ", \"acks_received\": %" PRIu64 ", ", report->frames_sent,
                 report->acks_received);
    json_latencies(&writer, "ack_ms", report->latencies);
    json_latencies(&writer, "broken_ack_ms", report->broken_latencies);
    json_costs(&writer, report);
    writer_print(&writer,
                 "\"connections\": %" PRIu64 ", \"broken\": %" PRIu64 ", \"rejected\": %" PRIu64
                 ", \"streaming\": %u, \"connect_ms\": %" PRIu64 ", \"outage_ms\": %" PRIu64 "}\n",
                 report->connections, report->broken, report->rejected, report->streaming, report->connect_ms,
                 report->outage_ms);
}
