"""Prints four weeks of made-up jobs as sacct does, the same each time. With "pipelines", programs submit the same jobs at
the same times of each day; with "people", people submit arrays in bursts, at any time of a workday."""

import random
import sys

DAYS = 28
START = 1793577600  # a Monday, 0:00 UTC


def pipelines(dice):
    for day in range(DAYS):
        for hour, minute, tasks in ((1, 30, 12), (5, 0, 8), (7, 15, 6), (11, 0, 6), (15, 0, 6), (19, 30, 10)):
            at = START + day * 86400 + hour * 3600 + minute * 60
            for _ in range(tasks):
                yield at + dice.randrange(60), 1200 + dice.randrange(600), 16


def people(dice):
    for day in range(DAYS):
        if day % 7 > 4:
            continue
        for hour in range(8, 19):
            for _ in range(2):
                at = START + day * 86400 + hour * 3600 + dice.randrange(3600)
                seconds = dice.choice((180, 600, 1800))
                for _ in range(dice.randrange(4, 24)):
                    yield at + dice.randrange(60), seconds + dice.randrange(120), dice.choice((1, 2, 4, 8))


def main():
    print("JobID|Eligible|Start|End|AllocCPUS|State")
    submitted = {"pipelines": pipelines, "people": people}[sys.argv[1]](random.Random(18))
    for number, (eligible, seconds, cores) in enumerate(submitted, 1):
        start = eligible + 90
        print(f"{number}|{eligible}|{start}|{start + seconds}|{cores}|COMPLETED")


if __name__ == "__main__":
    main()
