#!/usr/bin/env python3
"""One PREDICT over a large log: Instar beside pandas and LightGBM, the same features, moments, users and tests.

usage: prediction_speed.py DIR --instar EXECUTABLE

DIR holds the log of make_events.py and its store, as compare.py leaves them: events.parquet and events.instar. Needs
lightgbm and pandas from PyPI. Both sides start from their file. Python reads and sorts the log, makes the features at
twelve anchors for the sample of users that Instar's rule of 200,000 rows allows, fits, judges three past anchors as the
receipt does, and scores every user; a line for each part, since a notebook may skip the tests. Times are of the CPU, all
threads together, with the wall beside it. Prints; judges nothing.
"""
import argparse
import os
import resource
import subprocess
import time

os.environ.setdefault('OMP_NUM_THREADS', '1')

import lightgbm
import numpy as np
import pandas as pd

from prediction_features import DAY, rhythm, slots

HORIZON = 30 * DAY
STATEMENT = 'SEGMENT users PREDICT did purchase IN NEXT 30 DAYS AS p{method} AGGREGATE users() AS n, avg(p) AS mean'


def used(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


class Clock:
    def __init__(self):
        self.total = [0.0, 0.0]
        self.start()

    def start(self):
        self.cpu, self.wall = used(resource.RUSAGE_SELF), time.perf_counter()

    def stop(self, name):
        cpu, wall = used(resource.RUSAGE_SELF) - self.cpu, time.perf_counter() - self.wall
        self.total = [self.total[0] + cpu, self.total[1] + wall]
        print(f'| Python: {name} | {cpu:.2f} | {wall:.2f} |')
        self.start()


def read(path):
    log = pd.read_parquet(path)
    log['user'] = pd.factorize(log['user'])[0].astype('int32')
    log['item'] = pd.factorize(log['item'])[0].astype('int32')
    for name in ('event', 'country', 'channel'):
        log[name] = log[name].astype('category')
    log['time'] = log['time'].astype('datetime64[ms]').astype('int64')
    return log.sort_values(['user', 'time'], kind='stable', ignore_index=True)


def features(log, anchor, categories):
    past = log[log['time'] < anchor]
    return slots(past, anchor, rhythm(past, 'purchase', anchor, past['user'].unique()), ['view', 'cart'], categories)


def python(path):
    clock = Clock()
    log = read(path)
    clock.stop('read and sort')
    now = log['time'].max() + 1
    anchors = [now - HORIZON - step * 10 * DAY for step in range(12)]
    categories = {name: list(log[name].value_counts().index[:5]) for name in ('country', 'channel')}
    share = log['user'].nunique() * len(anchors) // 200_000
    hashed = log['user'].to_numpy('uint64') * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
    sample = log[hashed % np.uint64(max(1, share)) == 0]
    tables, labels, moments = [], [], []
    for anchor in anchors:
        table = features(sample, anchor, categories)
        window = (sample['time'] >= anchor) & (sample['time'] < anchor + HORIZON) & (sample['event'] == 'purchase')
        tables.append(table.to_numpy(float))
        labels.append(table.index.isin(sample['user'][window].unique()).astype(float))
        moments.append(np.full(len(table), anchor))
    matrix, label, moment = np.concatenate(tables), np.concatenate(labels), np.concatenate(moments)
    clock.stop(f'features of {len(label)} rows, {matrix.shape[1]} columns')
    model = lightgbm.LGBMClassifier(n_jobs=1, verbose=-1).fit(matrix, label)
    clock.stop('LightGBM, defaults')
    for judged in (anchors[0], anchors[3], anchors[6]):
        teaching = moment + HORIZON <= judged
        lightgbm.LGBMClassifier(n_jobs=1, verbose=-1).fit(matrix[teaching], label[teaching]).predict_proba(
            matrix[moment == judged])
    clock.stop('three tests')
    probabilities = model.predict_proba(features(log, now, categories).to_numpy(float))[:, 1]
    clock.stop(f'scores of {len(probabilities)} users, mean {probabilities.mean():.4f}')
    print(f'| **Python** | {clock.total[0]:.2f} | {clock.total[1]:.2f} |')
    return clock.total


def instar(executable, store, method):
    cpu, wall = used(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([executable, store, '--format', 'csv', '-c', STATEMENT.format(method=method)],
                          capture_output=True, text=True, check=True)
    cpu, wall = used(resource.RUSAGE_CHILDREN) - cpu, time.perf_counter() - wall
    print(f'| **Instar**{method}: {done.stdout.split()[-1]} | {cpu:.2f} | {wall:.2f} |')
    return cpu, wall


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('folder')
    parser.add_argument('--instar', required=True)
    given = parser.parse_args()
    store = os.path.join(given.folder, 'events.instar')
    subprocess.run([given.instar, store, '-c', 'SET GOAL EVENT purchase'], check=True, capture_output=True)
    print('| part | CPU s | wall s |\n|---|---:|---:|')
    other = python(os.path.join(given.folder, 'events.parquet'))
    for method in ('', ' USING boosting', ' USING logistic', ' USING mbgnbd'):
        cpu, wall = instar(given.instar, store, method)
        print(f'| Python / Instar{method} | {other[0] / cpu:.1f} x | {other[1] / wall:.1f} x |')


if __name__ == '__main__':
    main()
