/* What an agent finds in its spool at a start, beside what was in it: each sample that waited must wait again, or be
 * counted as dropped; only a power cut may take some, and of those none that had been synced. */
#ifndef SIM_RESTORED_H
#define SIM_RESTORED_H

struct sim_agent;
struct restore_found;

/* agent->spool has just been restored: sets agent->run. */
void restored_compare(struct sim_agent *agent, const struct restore_found *found);

#endif
