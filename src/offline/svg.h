/* Pure. Writes SVG: the frame of a drawing, and text. All drawings have the same classes, whose colours follow whether
 * the viewer prefers a dark scheme:
 *
 *     text:  title, name (of a panel), text, tick
 *     lines: grid, axis, demand, ready, ordered, mark (the time above a limit, or what is recommended)
 *     areas: band (of demand), fill-mark, fill-ready, fill-demand */
#ifndef OFFLINE_SVG_H
#define OFFLINE_SVG_H

#include <stddef.h>

/* A piece of the text of the file; they come in order. */
typedef void svg_cb(const char *text, size_t len, void *arg);

struct svg {
    svg_cb *on_text;
    void *arg;
};

/* The frame, in pixels; svg_end() closes it. */
void svg_begin(const struct svg *svg, double width, double height);
void svg_end(const struct svg *svg);

/* A piece of at most 1023 bytes. */
__attribute__((format(printf, 2, 3))) void svg_put(const struct svg *svg, const char *format, ...);

/* Text at a place, escaped; attributes: such as the class. */
void svg_text(const struct svg *svg, double x, double y, const char *attributes, const char *text);

/* The distance of two ticks of an axis up to value_max: 1, 2 or 5 times a power of 10, so that there are at most
 * `most`. */
double svg_tick(double value_max, double most);

#endif
