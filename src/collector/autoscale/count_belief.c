#include "collector/autoscale/count_belief.h"

#include "common/uint.h"

#include <stdio.h>

/* All that exists or may exist as far as the collector itself knows, but for nodes that have said that they leave: a
 * count without them agrees with that. */
static unsigned known_nodes(const struct group_observation *observed)
{
    return observed->live + observed->returning + observed->missing + observed->unreported;
}

/* The highest of all answers of COUNT_CONFIRM_MS becomes the one that is believed. */
static enum count_doubt confirm(struct count_belief *belief, const struct count_answer *answer)
{
    if (!belief->is_low) {
        belief->is_low = true;
        belief->is_confirmed = false;
        belief->low_ms = answer->asked_ms;
        belief->low = answer->number;
    }
    belief->low = uint_max(belief->low, answer->number);
    belief->confirmed = uint_max(belief->confirmed, answer->number);
    if (answer->asked_ms - belief->low_ms >= COUNT_CONFIRM_MS) {
        belief->is_confirmed = true;
        belief->confirmed = belief->low;
        belief->low_ms = answer->asked_ms;
        belief->low = answer->number;
    }
    return belief->is_confirmed ? COUNT_BELIEVED : COUNT_UNCONFIRMED;
}

static enum count_doubt judge(struct count_belief *belief, const struct count_answer *answer,
                              const struct group_observation *observed)
{
    if (answer->number < observed->live)
        return COUNT_TOO_LOW;
    if (answer->number >= known_nodes(observed)) {
        belief->is_low = false;
        return COUNT_BELIEVED;
    }
    if (answer->names > 0 && answer->matches == 0)
        return COUNT_STRANGERS;
    return confirm(belief, answer);
}

/* Subtracts the nodes that have left since the question. The answer may lack them already, so what is known exists. */
static unsigned without_left(unsigned number, unsigned known, unsigned gone)
{
    return uint_max(number - uint_min(gone, number), uint_min(number, known));
}

bool count_belief_take(struct count_belief *belief, const struct count_answer *answer, unsigned left,
                       const struct group_observation *observed)
{
    enum count_doubt before = belief->doubt;

    belief->answered = answer->number;
    belief->doubt = judge(belief, answer, observed);
    if (belief->doubt == COUNT_BELIEVED || belief->doubt == COUNT_UNCONFIRMED) {
        unsigned known = known_nodes(observed);
        unsigned confirmed = belief->is_low ? belief->confirmed : answer->number;
        belief->number = belief->doubt == COUNT_BELIEVED ? confirmed : known;
        belief->is_unconfirmed = answer->number < belief->number;
        belief->without = answer->number <= known ? observed->leaving : 0;
        belief->number = without_left(belief->number, known, left - answer->left);
        belief->believed_ms = answer->asked_ms;
        belief->left = left;
        belief->is_known = true;
    }
    bool is_news = belief->doubt == before && belief->doubt != belief->told;
    belief->told = is_news ? belief->doubt : belief->told;
    return is_news;
}

void count_belief_fill(const struct count_belief *belief, int64_t now_ms, unsigned left,
                       struct group_observation *observed)
{
    unsigned gone = left - belief->left;
    unsigned number = belief->number > gone ? belief->number - gone : 0;

    observed->counted = belief->is_known && now_ms - belief->believed_ms <= COUNT_FRESH_MS;
    observed->count = observed->counted ? uint_max(number, observed->live) : 0;
    observed->count_unconfirmed = observed->counted && (belief->is_unconfirmed || observed->leaving > belief->without);
}

void count_belief_sentence(const struct count_belief *belief, const struct group_observation *observed, char *text,
                           size_t size)
{
    static const char *const doubts[] = {
        [COUNT_BELIEVED] = "",
        [COUNT_UNCONFIRMED] = "waits for a second one, a minute later",
        [COUNT_STRANGERS] = "is ignored, since it names no node that reports",
        [COUNT_TOO_LOW] = "is ignored, since more nodes report",
    };
    char doubt[128] = "";

    if (belief->doubt != COUNT_BELIEVED)
        snprintf(doubt, sizeof doubt, "the count of %u %s", belief->answered, doubts[belief->doubt]);
    if (observed->counted)
        snprintf(text, size, "%u exist, %u report%s%s", observed->count, observed->live, doubt[0] != '\0' ? "; " : "",
                 doubt);
    else
        snprintf(text, size, "%s", doubt);
}
