/* Runs this program in the sandbox of headroom-collector.service: once more, by systemd-run, in a transient unit with
 * the settings of that unit and its drop-ins.
 *
 * Happy path: the process becomes systemd-run, which passes on the output and the exit status.
 * Failures: without root, systemd or the unit, there is no sandbox, and this process goes on. */
#ifndef HOOKTEST_SANDBOX_H
#define HOOKTEST_SANDBOX_H

#include "hooktest/trial_options.h"

#include <stddef.h>

/* program: an absolute path. Returns only if it was not possible; why gets the reason. */
void sandbox_enter(const struct trial_options *options, const char *program, char *why, size_t size);

#endif
