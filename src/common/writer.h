/* Pure. Writes text piece by piece into a buffer of fixed size.
 *
 * An item that does not fit is not written at all, `full` is set, and nothing more is written. The caller checks `full`
 * after each item, cuts back to where the item began, and begins the next piece with it. */
#ifndef COMMON_WRITER_H
#define COMMON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
    char *text; /* not 0-terminated */
    size_t size;
    size_t len;
    bool full;
};

void writer_put(struct writer *writer, const char *text);
void writer_put_bytes(struct writer *writer, const char *bytes, size_t len);
void writer_putf(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void writer_put_unsigned(struct writer *writer, uint64_t number);
void writer_put_signed(struct writer *writer, int64_t number);

/* With up to that many decimals (0 to 6), without trailing zeros; null for NaN and infinities. */
void writer_put_number(struct writer *writer, double number, unsigned decimals);

/* In quotes, escaped as in JSON. The text must be UTF-8. */
void writer_put_string(struct writer *writer, const char *text);

/* Removes everything after the first len bytes, and clears `full`. */
void writer_cut(struct writer *writer, size_t len);

/* For text that a person reads: as writer_putf(), but the text is 0-terminated, and what does not fit is cut instead of
 * left out. A size of 0 is allowed. */
void writer_print(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
