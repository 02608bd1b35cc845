#include "offline/svg.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PIECE_MAX 1024

/* Of all text the contrast with the background is at least 4.5:1, and of all lines that carry data 3:1. */
static const char *const style[] = {
    "text{font-family:system-ui,\"Segoe UI\",\"DejaVu Sans\",sans-serif}"
    ".title{font-size:18px;font-weight:600}.name{font-size:15px;font-weight:600}.text{font-size:13px}"
    ".tick{font-size:12px}.grid,.axis,.demand,.ready,.ordered,.mark{fill:none}\n",
    ".paper{fill:#ffffff}.title,.name{fill:#0f172a}.text,.tick{fill:#475569}.grid{stroke:#e2e8f0}.axis{stroke:#94a3b8}"
    ".band{fill:#cbd5e1}.demand{stroke:#64748b}.fill-demand{fill:#64748b}.ready{stroke:#0f766e}.fill-ready{fill:#"
    "0f766e}"
    ".ordered{stroke:#b45309}.mark{stroke:#dc2626}.fill-mark{fill:#dc2626}\n",
    "@media (prefers-color-scheme:dark){"
    ".paper{fill:#0f172a}.title,.name{fill:#f1f5f9}.text,.tick{fill:#a9b6c8}.grid{stroke:#26334a}.axis{stroke:#64748b}"
    ".band{fill:#475569}.demand{stroke:#a9b6c8}.fill-demand{fill:#a9b6c8}.ready{stroke:#2dd4bf}.fill-ready{fill:#"
    "2dd4bf}"
    ".ordered{stroke:#fbbf24}.mark{stroke:#f87171}.fill-mark{fill:#f87171}}\n",
};

void svg_put(const struct svg *svg, const char *format, ...)
{
    char text[PIECE_MAX];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(len >= 0 && len < PIECE_MAX);
    svg->on_text(text, (size_t)len, svg->arg);
}

void svg_begin(const struct svg *svg, double width, double height)
{
    svg_put(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n<style>",
        width, height, width, height);
    for (size_t i = 0; i < sizeof style / sizeof *style; i++)
        svg->on_text(style[i], strlen(style[i]), svg->arg);
    svg_put(svg, "%s", "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
}

void svg_end(const struct svg *svg)
{
    svg_put(svg, "%s", "</svg>\n");
}

/* Text between tags, escaped. */
static void put_escaped(const struct svg *svg, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            svg_put(svg, "&amp;");
        else if (*text == '<')
            svg_put(svg, "&lt;");
        else if (*text == '>')
            svg_put(svg, "&gt;");
        else
            svg_put(svg, "%c", (unsigned char)*text < ' ' ? '?' : *text);
    }
}

void svg_text(const struct svg *svg, double x, double y, const char *attributes, const char *text)
{
    svg_put(svg, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
    put_escaped(svg, text);
    svg_put(svg, "%s", "</text>\n");
}

double svg_tick(double value_max, double most)
{
    double least = value_max / most;
    double power = pow(10.0, floor(log10(least)));

    for (unsigned i = 0; i < 3; i++) {
        double tick = (const double[]){1.0, 2.0, 5.0}[i] * power;
        if (tick >= least)
            return tick;
    }
    return 10.0 * power;
}
