/* Text that is made piece by piece in memory of a fixed size. Pure.
 *
 * What does not fit is left out whole, and then nothing more is put: the writer looks at `full` after each item, cuts
 * back to where the item began, and begins the next piece with it. */
#ifndef COLLECTOR_HTTP_PIECE_H
#define COLLECTOR_HTTP_PIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct piece {
    char *text; /* not 0-terminated */
    size_t size;
    size_t len;
    bool full;
};

void piece_put(struct piece *piece, const char *text);
void piece_put_bytes(struct piece *piece, const char *bytes, size_t len);
void piece_putf(struct piece *piece, const char *format, ...) __attribute__((format(printf, 2, 3)));
void piece_put_unsigned(struct piece *piece, uint64_t number);
void piece_put_signed(struct piece *piece, int64_t number);

/* With up to so many decimals, which are 0 to 6, and without zeros at the end; null for NaN and infinities. */
void piece_put_number(struct piece *piece, double number, unsigned decimals);

/* In quotes, escaped as JSON has it. What is not UTF-8 must not come in. */
void piece_put_string(struct piece *piece, const char *text);

/* Takes back what was put behind the first len bytes; there is room again. */
void piece_cut(struct piece *piece, size_t len);

#endif
