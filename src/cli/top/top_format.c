#include "cli/top/top_format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool put_unknown(double value, char *text, size_t size)
{
    if (isfinite(value))
        return false;
    (void)snprintf(text, size, "-");
    return true;
}

void top_format_percent(double value, char *text, size_t size)
{
    if (!put_unknown(value, text, size))
        (void)snprintf(text, size, "%.0f%%", value);
}

void top_format_share(double value, char *text, size_t size)
{
    top_format_percent(value * 100, text, size);
}

void top_format_count(double value, char *text, size_t size)
{
    if (!put_unknown(value, text, size))
        (void)snprintf(text, size, "%.0f", value);
}

void top_format_grouped(double value, char *text, size_t size)
{
    char digits[64];
    size_t used = 0;

    if (put_unknown(value, text, size))
        return;
    (void)snprintf(digits, sizeof digits, "%.0f", fmin(value, 1e15));
    size_t len = strlen(digits);
    for (size_t i = 0; i < len && used + 2 < size; i++) {
        text[used++] = digits[i];
        if ((len - i) % 3 == 1 && i + 1 < len)
            text[used++] = ',';
    }
    text[used] = '\0';
}

void top_format_number(double value, char *text, size_t size)
{
    static const char units[] = " KMGTP";
    size_t unit = 0;

    if (put_unknown(value, text, size))
        return;
    while (value >= 999.5 && unit + 2 < sizeof units) {
        value /= 1000;
        unit++;
    }
    /* 9.96 would become 10.0 */
    int decimals = value == floor(value) && unit == 0 ? 0 : value < 0.9995 ? 2 : value < 99.95 && unit == 0 ? 1 : 0;
    if (unit > 0 && value < 9.95)
        decimals = 1;
    (void)snprintf(text, size, "%.*f%.*s", decimals, value, unit > 0, units + unit);
}

void top_format_age(double value, char *text, size_t size)
{
    static const struct {
        double ms, below;
        const char *unit;
    } units[] = {{1e3, 99.5, "s"}, {60e3, 99.5, "m"}, {3600e3, 47.5, "h"}, {86400e3, INFINITY, "d"}};
    size_t i = 0;

    if (put_unknown(value, text, size))
        return;
    value = fmax(value, 0);
    while (value / units[i].ms >= units[i].below)
        i++;
    (void)snprintf(text, size, "%.*f%s", value < 9950, value / units[i].ms, units[i].unit);
}
