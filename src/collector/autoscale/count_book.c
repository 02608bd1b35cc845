#include "collector/autoscale/count_book.h"

#include "common/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int count_book_init(struct count_book *book, unsigned asking_max)
{
    *book = (struct count_book){.pages = calloc(GROUPS_MAX, sizeof *book->pages), .asking_max = asking_max};
    return book->pages == NULL ? -ENOMEM : 0;
}

void count_book_deinit(struct count_book *book)
{
    free(book->pages);
    *book = (struct count_book){0};
}

const struct count_page *count_book_page(const struct count_book *book, unsigned index)
{
    return &book->pages[index];
}

/* ---- questions ---- */

void count_book_want(struct count_book *book, unsigned index, bool is_wanted)
{
    book->has_new = book->has_new || (is_wanted && !book->pages[index].is_wanted);
    book->pages[index].is_wanted = is_wanted;
}

void count_book_hurry(struct count_book *book, unsigned index)
{
    book->has_new = true;
    book->pages[index].due_ms = 0;
}

/* The page that could have been asked for first. */
static struct count_page *next_page(const struct count_book *book, unsigned group_count)
{
    struct count_page *found = NULL;
    unsigned timed_out = 0;

    if (book->asking >= book->asking_max)
        return NULL;
    for (unsigned i = 0; i < group_count; i++)
        timed_out += book->pages[i].is_asking && book->pages[i].has_timed_out;
    for (unsigned i = 0; i < group_count; i++) {
        struct count_page *page = &book->pages[i];
        if (!page->is_wanted || page->is_asking || (page->has_timed_out && timed_out >= book->asking_max / 2))
            continue;
        if (found == NULL || page->due_ms < found->due_ms)
            found = page;
    }
    return found;
}

int count_book_next(struct count_book *book, unsigned group_count, int64_t now_ms)
{
    struct count_page *page = next_page(book, group_count);

    if (page == NULL || page->due_ms > now_ms) {
        book->has_new = false;
        return -1;
    }
    page->is_asking = true;
    page->asked_ms = now_ms;
    page->due_ms = now_ms + COUNT_INTERVAL_MS;
    book->asking++;
    return (int)(page - book->pages);
}

void count_book_note_left(struct count_book *book, unsigned index, unsigned left)
{
    book->pages[index].asked_left = left;
}

int64_t count_book_due_ms(const struct count_book *book, unsigned group_count)
{
    const struct count_page *page = next_page(book, group_count);

    return page != NULL ? page->due_ms : INT64_MAX;
}

void count_book_end(struct count_book *book, unsigned index, const struct count_answer *answer, bool has_timed_out)
{
    struct count_page *page = &book->pages[index];

    assert(page->is_asking);
    page->is_asking = false;
    page->has_failed = answer == NULL;
    page->has_timed_out = has_timed_out;
    book->asking--;
    if (answer == NULL)
        return;
    page->answer = *answer;
    page->answer.asked_ms = page->asked_ms;
    page->answer.left = page->asked_left;
    page->has_answer = true;
}

/* ---- ticks ---- */

bool count_book_observe(struct count_book *book, unsigned index, int64_t now_ms, unsigned left,
                        struct group_observation *observed)
{
    struct count_page *page = &book->pages[index];
    bool is_news = false;

    if (page->has_answer)
        is_news = count_belief_take(&page->belief, &page->answer, left, observed);
    page->has_answer = false;
    count_belief_fill(&page->belief, now_ms, left, observed);
    return is_news;
}
