/* Whatever a server answers to headroom top, and whatever keys are pressed meanwhile, the screen has only printable
 * characters and bars. A line of the input is a document, by its number in enum top_document, or "k" and keys. */
#include "cli/top/top_keys.h"
#include "cli/top/top_paint.h"
#include "fuzz/fuzz.h"

#include <string.h>

static struct top_screen screen;

static void take(struct top *top, enum top_document document, const char *text, size_t len)
{
    json_t *answer = json_loadb(text, len, 0, NULL);

    (void)top_take(top, document, answer);
    json_decref(answer);
}

/* A byte 1 is Enter, and bytes from 128 on are the keys that are no characters. */
static int key_of(uint8_t byte)
{
    if (byte == 1)
        return TOP_KEY_ENTER;
    return byte < 0x80 ? byte : TOP_KEY_UP + byte - 0x80;
}

static void press(struct top *top, const char *keys, size_t len)
{
    for (size_t i = 0; i < len; i++)
        top_keys_press(top, key_of((uint8_t)keys[i]));
}

static void paint(struct top *top, unsigned size)
{
    screen.columns = size;
    screen.rows = size / 3;
    top_paint(top, &screen, 5000, "14:03:07 CET");
    for (unsigned row = 0; row < screen.rows; row++)
        for (unsigned column = 0; column < screen.columns; column++) {
            unsigned glyph = screen.cells[row][column].glyph;
            MUST((glyph >= ' ' && glyph <= '~') || (glyph >= TOP_GLYPH_BAR && glyph < TOP_GLYPH_BAR + TOP_BARS));
            MUST(screen.cells[row][column].style < TOP_STYLES);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *line = (const char *)data;
    const char *end = line + size;
    struct top top;

    top_init(&top, "http://127.0.0.1:7421", 2000, 0);
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((stop != NULL ? stop : end) - line);
        if (len > 0 && line[0] == 'k')
            press(&top, line + 1, len - 1);
        else if (len > 0 && line[0] >= '0' && line[0] < '0' + TOP_DOCUMENTS)
            take(&top, (enum top_document)(line[0] - '0'), line + 1, len - 1);
        paint(&top, (unsigned)(20 + len * 7 % 300));
        line += len + 1;
    }
    top_deinit(&top);
    return 0;
}
