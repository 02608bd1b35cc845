#include "collector/http/metrics_family.h"

#include <inttypes.h>
#include <math.h>

static const char *label_value(const struct metrics_family *family, const struct metrics_source *from, unsigned i)
{
    return family->label_values != NULL ? family->label_values[i] : from->signals[i].name;
}

static unsigned lines_of(const struct metrics_family *family, const struct metrics_source *from)
{
    if (family->label == NULL)
        return 1;
    return family->label_values != NULL ? family->count : from->signal_count;
}

/* One line; none for an unknown number. */
static void put_line(struct writer *writer, const struct metrics_family *family, const struct metrics_source *from,
                     unsigned i, double number)
{
    bool has_owner = from->group != NULL || from->forwarder != NULL;

    if (!isfinite(number))
        return;
    writer_put(writer, family->name);
    if (has_owner) {
        writer_put(writer, from->group != NULL ? "{group=\"" : "{name=\"");
        writer_put(writer, from->group != NULL ? from->group->name : from->forwarder->state.name);
    }
    if (family->label != NULL) {
        writer_put(writer, has_owner ? "\"," : "{");
        writer_put(writer, family->label);
        writer_put(writer, "=\"");
        writer_put(writer, label_value(family, from, i));
    }
    writer_put(writer, has_owner || family->label != NULL ? "\"} " : " ");
    writer_put_number(writer, number, 6);
    writer_put(writer, "\n");
}

static void put_histogram(struct writer *writer, const struct metrics_family *family, const struct histogram *histogram)
{
    static const double bounds[] = {0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025,
                                    0.05,   0.1,    0.25,  0.5,    1,     2.5,    5};

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        writer_putf(writer, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", family->name, bounds[i],
                    histogram_up_to(histogram, (uint64_t)(bounds[i] * family->per_second)));
    writer_putf(writer, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", family->name, histogram->count, family->name);
    writer_put_number(writer, (double)histogram->sum / family->per_second, 6);
    writer_putf(writer, "\n%s_count %" PRIu64 "\n", family->name, histogram->count);
}

void metrics_family_put(struct writer *writer, const struct metrics_family *family, metrics_number *number,
                        const struct metrics_source *from)
{
    const char *world = (const char *)from->world;
    unsigned count = lines_of(family, from);

    if (family->per_second > 0) {
        put_histogram(writer, family, *(const struct histogram *const *)(world + family->histogram));
        return;
    }
    for (unsigned i = 0; i < count; i++)
        put_line(writer, family, from, i, number(from, family, i));
}
