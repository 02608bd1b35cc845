/* headroom-agent-traced: the real agent, whose outbox is wrapped by the linker (--wrap), so that a test knows what was
 * produced from the agent itself, and not from what arrived.
 *
 * Each line goes to the file HEADROOM_TRACE by one write, at once, since SIGKILL may come between any two instructions:
 *
 *     B            0       uptime_ms    a sample is about to be taken
 *     P          seq       uptime_ms    it is in the outbox
 *     A   stored_seq               0    all up to it are acknowledged
 *
 * A last B without its P is the one sample of a killed agent of which nobody knows. All lines have one length, which
 * divides a page, since the kernel may break a write off between two pages when it kills. */
#include "agent/spool/outbox.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_LEN 32

uint64_t __real_outbox_push(struct outbox *outbox, const struct sample *sample);
uint64_t __wrap_outbox_push(struct outbox *outbox, const struct sample *sample);
void __real_outbox_ack(struct outbox *outbox, uint64_t stored_seq);
void __wrap_outbox_ack(struct outbox *outbox, uint64_t stored_seq);

static int trace_file(void)
{
    static int fd = -1;

    if (fd < 0) {
        const char *path = getenv("HEADROOM_TRACE");
        fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
        if (fd < 0)
            abort();
    }
    return fd;
}

static void trace(char what, uint64_t seq, uint64_t uptime_ms)
{
    char line[LINE_LEN + 1];

    if (snprintf(line, sizeof line, "%c %12" PRIu64 " %16" PRIu64 "\n", what, seq, uptime_ms) != LINE_LEN)
        abort();
    if (write(trace_file(), line, LINE_LEN) != LINE_LEN)
        abort();
}

uint64_t __wrap_outbox_push(struct outbox *outbox, const struct sample *sample)
{
    trace('B', 0, sample->uptime_ms);
    uint64_t seq = __real_outbox_push(outbox, sample);
    trace('P', seq, sample->uptime_ms);
    return seq;
}

void __wrap_outbox_ack(struct outbox *outbox, uint64_t stored_seq)
{
    static uint64_t traced_seq;

    if (stored_seq != traced_seq)
        trace('A', stored_seq, 0);
    traced_seq = stored_seq;
    __real_outbox_ack(outbox, stored_seq);
}
