#include "collector/intake/share.h"

#include <utlist.h>

void share_begin_turn(struct share *share)
{
    share->until_ns = 0;
}

bool share_has_time(struct share *share, uint64_t now_ns)
{
    if (share->until_ns == 0)
        share->until_ns = now_ns + SHARE_NS;
    return now_ns < share->until_ns;
}

void share_wait(struct share *share, struct share_member *member)
{
    if (!share_waits(member))
        DL_APPEND(share->waiting, member);
}

void share_leave(struct share *share, struct share_member *member)
{
    if (!share_waits(member))
        return;
    DL_DELETE(share->waiting, member);
    *member = (struct share_member){0};
}

bool share_waits(const struct share_member *member)
{
    return member->prev != NULL;
}

struct share_member *share_take(struct share *share)
{
    struct share_member *first = share->waiting;

    if (first != NULL)
        share_leave(share, first);
    return first;
}
