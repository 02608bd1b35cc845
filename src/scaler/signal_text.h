/* Pure. What the sentence of a decision states of one signal. */
#ifndef SCALER_SIGNAL_TEXT_H
#define SCALER_SIGNAL_TEXT_H

struct forecast;
struct signal_observation;
struct writer;

/* "web-requests 1,410 of 800 now, 1,700 within 135 s": a signal of kind load. The live nodes carry 800 at 100 %, and
 * the last number is the bound of the forecast; without a vote of the forecast, it is left out. */
void signal_text_load(struct writer *line, const struct signal_observation *signal, unsigned live,
                      const struct forecast *forecast);

/* "p99 0.31 now, limit 0.25": one of kind limit. */
void signal_text_limit(struct writer *line, const struct signal_observation *signal);

/* Of the SIGNALS_OF_GROUP_MAX signals of a group: the place of the one that a sentence shows where nothing is read from
 * nodes, the first with a value, or else the first. SIGNALS_OF_GROUP_MAX: the group has no signal. */
unsigned signal_text_choose(const struct signal_observation *signals);

/* "missing" or "gone": why the value is unknown. */
const char *signal_text_absence(const struct signal_observation *signal);

#endif
