/* Pure. The words of a search: settings, and the recommendation. */
#ifndef OFFLINE_TUNE_TEXT_H
#define OFFLINE_TUNE_TEXT_H

#include "offline/tune.h"

#define TUNE_TEXT_MAX 640U /* bytes of each text, its 0 included */

/* What a candidate changes: "price 6, stabilization 2m"; for the present settings, those themselves. */
void tune_text_settings(const struct tune_search *search, const struct tune_candidate *candidate, char *text,
                        size_t size);

/* The same, as lines of the configuration file. */
void tune_text_config(const struct tune_search *search, const struct tune_candidate *candidate, char *text,
                      size_t size);

/* The verdict, in whole sentences. */
void tune_text_verdict(const struct tune_search *search, char *text, size_t size);

#endif
