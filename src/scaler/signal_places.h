/* Pure. Keeps a scaler's memory of each signal with the signal's name: a configuration that lists a group's signals in
 * another order, or without one of them, costs none of the others its forecast. Private to scaler.c, as
 * scaler_memory.h is. */
#ifndef SCALER_SIGNAL_PLACES_H
#define SCALER_SIGNAL_PLACES_H

struct group_observation;
struct scaler;

/* Moves what is remembered to the places of the observation. A name that is new there begins without a past; one that
 * is not there any more is forgotten. */
void signal_places_follow(struct scaler *scaler, const struct group_observation *observed);

#endif
