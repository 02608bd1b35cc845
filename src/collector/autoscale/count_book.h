/* Pure. The actuator's counts of all groups: when each group is to be counted, and what is believed of the answers.
 *
 * A group is counted when it becomes known, then once in COUNT_INTERVAL_MS, and before each scale-in. An answer waits
 * for the next tick, whose observation it is compared with (count_belief.h). Groups whose last question reached its
 * time limit share half of the places, so that they can't hold up others. */
#ifndef COLLECTOR_AUTOSCALE_COUNT_BOOK_H
#define COLLECTOR_AUTOSCALE_COUNT_BOOK_H

#include "collector/autoscale/count_belief.h"

#include <stdbool.h>
#include <stdint.h>

#define COUNT_INTERVAL_MS INT64_C(60000)

struct count_page {
    struct count_belief belief;
    struct count_answer answer; /* that no tick has taken yet */
    bool has_answer;
    bool is_wanted; /* there is a program to ask */
    bool is_asking;
    bool has_failed;     /* the last question was not answered */
    bool has_timed_out;  /* it reached its time limit */
    int64_t asked_ms;    /* the last time; valid while asking */
    unsigned asked_left; /* nodes that had left by order then */
    int64_t due_ms;      /* when to ask; 0: at once */
};

struct count_book {
    struct count_page *pages; /* GROUPS_MAX, by group index */
    unsigned asking_max;
    unsigned asking;
    bool has_new; /* a group is to be counted earlier than when count_book_next() last found none */
};

/* asking_max: questions at the same time. 0 or -ENOMEM. */
int count_book_init(struct count_book *book, unsigned asking_max);
void count_book_deinit(struct count_book *book);

/* Whether there is a program that counts the group. */
void count_book_want(struct count_book *book, unsigned index, bool is_wanted);

/* Has the group counted as soon as possible, after a question that is under way. */
void count_book_hurry(struct count_book *book, unsigned index);

/* The group that is to be asked for now, of the first group_count ones: the question is under way until
 * count_book_end(). -1: none. */
int count_book_next(struct count_book *book, unsigned group_count, int64_t now_ms);

/* So many of the group's nodes had left by order when the question began. */
void count_book_note_left(struct count_book *book, unsigned index, unsigned left);

/* When count_book_next() will return a group if nothing else happens; INT64_MAX: never. */
int64_t count_book_due_ms(const struct count_book *book, unsigned group_count);

/* The question has ended. answer: NULL if it was not answered; its asked_ms and left are filled in. */
void count_book_end(struct count_book *book, unsigned index, const struct count_answer *answer, bool has_timed_out);

/* At a tick: takes the answer that waits, and fills observed->counted and observed->count. left: how many of the
 * group's nodes have left by order so far. Returns whether the log should have the sentence of
 * count_book_page()->belief. */
bool count_book_observe(struct count_book *book, unsigned index, int64_t now_ms, unsigned left,
                        struct group_observation *observed);

const struct count_page *count_book_page(const struct count_book *book, unsigned index);

#endif
