/* Pure. Decides what to believe of the actuator's count of one group.
 *
 *   - A count below the number of nodes that report is ignored: a node that reports exists.
 *   - A count below the number of nodes that may exist, without those that are leaving, says that some are gone. All
 * answers of COUNT_CONFIRM_MS are needed for that, of which the highest is believed; where the actuator names its
 * nodes, one of them must be a node that reports, or it counts other nodes than ours. Until then all that may exist
 * count.
 *   - Any other count is believed at once.
 *   - Nodes that have left since, as a scale-in told them to, exist no more. An answer may lack those that leave
 * between the question and its tick: they are not subtracted from what the collector itself knows then.
 *   - While a lower count is not believed, or if nodes have left since the last answer, what is believed is
 * unconfirmed.
 *   - What was believed more than COUNT_FRESH_MS ago is not known any more. */
#ifndef COLLECTOR_AUTOSCALE_COUNT_BELIEF_H
#define COLLECTOR_AUTOSCALE_COUNT_BELIEF_H

#include "scaler/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_CONFIRM_MS INT64_C(60000)
#define COUNT_FRESH_MS   INT64_C(180000)

/* One answer. */
struct count_answer {
    int64_t asked_ms;
    unsigned number;
    unsigned names;   /* 0: it named none */
    unsigned matches; /* names of nodes that report */
    unsigned left;    /* how many of the group's nodes had left by order when it was asked */
};

enum count_doubt {
    COUNT_BELIEVED,
    COUNT_UNCONFIRMED, /* it says that nodes are gone, for the first time */
    COUNT_STRANGERS,   /* it says that nodes are gone, and none of its names is that of a node that reports */
    COUNT_TOO_LOW      /* more nodes report */
};

/* All zero: there was no answer. */
struct count_belief {
    bool is_known;
    unsigned number;     /* what is believed */
    bool is_unconfirmed; /* the answer that this follows from was lower */
    unsigned without;    /* nodes that are leaving and certainly not counted */
    int64_t believed_ms; /* when that was asked */
    unsigned left;       /* nodes that had left by order when it was taken */
    unsigned answered;   /* what the last answer said */
    enum count_doubt doubt;
    enum count_doubt told; /* the doubt that count_belief_take() has reported last */
    bool is_low;           /* the last answers said that nodes are gone: */
    int64_t low_ms;        /* when those that may confirm it began, */
    unsigned low;          /* and the highest of these */
    bool is_confirmed;     /* the answers before did: */
    unsigned confirmed;    /* the highest of them */
};

/* Takes an answer at a tick with that observation, until which `left` of the group's nodes have left by order. Returns
 * whether there is another doubt than was reported before, for the second time in a row: nodes may join between an
 * answer and its tick. */
bool count_belief_take(struct count_belief *belief, const struct count_answer *answer, unsigned left,
                       const struct group_observation *observed);

/* Fills observed->counted, observed->count and observed->count_unconfirmed. left: how many of the group's nodes have
 * left by order so far. */
void count_belief_fill(const struct count_belief *belief, int64_t now_ms, unsigned left,
                       struct group_observation *observed);

/* Writes what the count says next to what is observed, for example
 *     20 exist, 15 report
 *     15 exist, 15 report; the count of 12 is ignored, since more nodes report
 * Always 0-terminated, cut at size; empty while nothing is known. */
void count_belief_sentence(const struct count_belief *belief, const struct group_observation *observed, char *text,
                           size_t size);

#endif
