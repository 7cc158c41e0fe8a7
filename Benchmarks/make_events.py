#!/usr/bin/env python3
"""Writes the log of a made-up shop to DIR/events.csv: N events of N / 20 users on 50,000 items over 180 days.

usage: make_events.py N DIR

The events are in order of time. A few users do most (log-normal), a few items are seen most (Zipf), and a user's events
are densest soon after the first. Of 100 events 82 are views, 12 carts and 6 purchases. The same N gives the same bytes.
"""
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv

SEED = 7
ITEMS = 50_000
START_MILLISECONDS = 1_735_689_600_000  # 2025-01-01, UTC
SPAN_MILLISECONDS = 180 * 86_400 * 1000
EVENTS = {'view': .82, 'cart': .12, 'purchase': .06}
CHANNELS = {
    'organic': .3, 'email': .2, 'ads': .15, 'social': .1, 'push': .1, 'sms': .05, 'direct': .05, 'affiliate': .05}
COUNTRIES = 'CN US DE FR GB JP KR IN BR MX IT ES NL SE PL TR RU CA AU ID VN TH SG MY'.split()


def texts(codes, names):
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names)).cast(pa.string())


def prefixed(letter, numbers):
    return pa.array(np.char.add(letter, numbers.astype(str)))


def make(count):
    """The table of `count` events. The order of the draws is part of the definition: another order, another log."""
    draw = np.random.default_rng(SEED)
    users = max(1, count // 20)

    activity = draw.lognormal(0, 1.2, users)
    user = draw.choice(users, size=count, p=activity / activity.sum()).astype(np.int32)
    item = (draw.zipf(1.25, size=count) - 1) % ITEMS
    joined = draw.uniform(0, 0.8, users)[user]
    moment = joined + (1 - joined) * draw.beta(1, 1.5, count)
    time = (START_MILLISECONDS + moment * SPAN_MILLISECONDS).astype(np.int64)
    event = draw.choice(len(EVENTS), size=count, p=list(EVENTS.values())).astype(np.int8)
    price = np.round(draw.lognormal(3.2, 1.0, ITEMS), 2)
    country = draw.integers(0, len(COUNTRIES), users).astype(np.int8)
    channel = draw.choice(len(CHANNELS), size=count, p=list(CHANNELS.values())).astype(np.int8)

    order = np.argsort(time, kind='stable')
    user, item = user[order], item[order]
    return pa.table({
        'time': pa.array(time[order], pa.timestamp('ms')),
        'user': prefixed('u', user),
        'event': texts(event[order], list(EVENTS)),
        'item': prefixed('p', item),
        'amount': pa.array(price[item]),
        'country': texts(country[user], COUNTRIES),
        'channel': texts(channel[order], list(CHANNELS)),
    })


def write(count, folder):
    """Makes the log unless it is there."""
    path = os.path.join(folder, 'events.csv')
    if os.path.exists(path):
        return path
    os.makedirs(folder, exist_ok=True)
    partial = path + '.part'
    pyarrow.csv.write_csv(make(count), partial)
    os.rename(partial, path)
    return path


if __name__ == '__main__':
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    path = write(int(sys.argv[1]), sys.argv[2])
    print(path, os.path.getsize(path) // 1_000_000, 'MB')
