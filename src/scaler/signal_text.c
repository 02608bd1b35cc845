#include "scaler/signal_text.h"

#include "common/writer.h"
#include "scaler/forecast.h"
#include "scaler/signal.h"

#include <stdio.h>

#define LARGEST    1e15 /* written with all its digits */
#define SMALLEST   1e-6 /* anything below it is 0: the forecast of an idle group is never quite 0 */
#define DIGITS_LEN 24

/* "1,410", "56.3", "0.0125" */
static void put_number(struct writer *line, double number)
{
    char digits[DIGITS_LEN];

    if (number < SMALLEST)
        number = 0.0;
    if (number < 999.5 || number >= LARGEST) {
        writer_print(line, "%.4g", number);
        return;
    }
    int len = snprintf(digits, sizeof digits, "%.0f", number);
    for (int i = 0; i < len; i++)
        writer_print(line, i > 0 && (len - i) % 3 == 0 ? ",%c" : "%c", digits[i]);
}

void signal_text_load(struct writer *line, const struct signal_observation *signal, unsigned live,
                      const struct forecast *forecast)
{
    writer_print(line, "%s ", signal->name);
    put_number(line, signal->value);
    writer_print(line, " of ");
    put_number(line, signal->per_node * live);
    writer_print(line, " now");
    if (!signal->forecast || !forecast->valid)
        return;
    writer_print(line, ", ");
    put_number(line, forecast->bound);
    writer_print(line, " within %g s", (double)forecast->horizon_ms / 1000.0);
}

void signal_text_limit(struct writer *line, const struct signal_observation *signal)
{
    writer_print(line, "%s ", signal->name);
    put_number(line, signal->value);
    writer_print(line, " now, limit ");
    put_number(line, signal->limit);
}

unsigned signal_text_choose(const struct signal_observation *signals)
{
    unsigned used = SIGNALS_OF_GROUP_MAX;

    for (unsigned i = SIGNALS_OF_GROUP_MAX; i-- > 0;)
        used = signal_is_used(&signals[i]) ? i : used;
    for (unsigned i = used; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_present(&signals[i]))
            return i;
    return used;
}

const char *signal_text_absence(const struct signal_observation *signal)
{
    return signal->state == SIGNAL_GONE ? "gone" : "missing";
}
