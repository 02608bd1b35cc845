/* A real spawner on test_loop. */
#ifndef SUPPORT_TEST_SPAWNER_H
#define SUPPORT_TEST_SPAWNER_H

#include "collector/spawn/spawner.h"

extern struct spawn_process test_spawner_process;
extern struct spawner test_spawner;
extern unsigned test_spawner_losses;
extern char test_spawner_why[SPAWNER_WHY_MAX]; /* of the last loss */

/* Programs get this process's environment of now. */
void test_spawner_start(void);

/* Before test_loop_end(). */
void test_spawner_close(void);

#endif
