/* The checks of scale-out. Each reports its results to the trial. */
#ifndef HOOKTEST_OUT_CHECKS_H
#define HOOKTEST_OUT_CHECKS_H

struct trial;

/* An order that is repeated before the count is asked for. */
void out_checks_repeated(struct trial *trial);

/* To more nodes than exist; to fewer. */
void out_checks_difference(struct trial *trial);
void out_checks_lower(struct trial *trial);

/* In place of a removed node; and of one again, after a run that is killed. */
void out_checks_gap(struct trial *trial);
void out_checks_kill(struct trial *trial);

/* Of a hook with a queue. */
void out_checks_old_order(struct trial *trial);

#endif
