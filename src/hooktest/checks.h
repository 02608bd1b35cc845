/* The checks of a hook, one after the other. */
#ifndef HOOKTEST_CHECKS_H
#define HOOKTEST_CHECKS_H

#include "hooktest/trial.h"

/* Runs all checks that the hook can be put to, and removes the nodes that they have added. Prints the results. */
void checks_run(struct trial *trial);

#endif
