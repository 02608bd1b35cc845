/* The checks of scale-in. Each reports its results to the trial. */
#ifndef HOOKTEST_IN_CHECKS_H
#define HOOKTEST_IN_CHECKS_H

struct trial;

/* Names of nodes that do not exist. */
void in_checks_strange_names(struct trial *trial);
void in_checks_many_names(struct trial *trial);

/* Named nodes. */
void in_checks_too_few(struct trial *trial);
void in_checks_named_only(struct trial *trial);
void in_checks_stop_at_to(struct trial *trial);
void in_checks_all_named(struct trial *trial);

/* With victims = any. */
void in_checks_any_too_few(struct trial *trial);
void in_checks_any_one(struct trial *trial);
void in_checks_any_all(struct trial *trial);

#endif
