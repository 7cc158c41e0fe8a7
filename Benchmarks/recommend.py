#!/usr/bin/env python3
"""Times recommendations of Instar from the sentence, with answers checked, and ALS beside the library implicit.

usage: recommend.py DIR --instar EXECUTABLE [--scale N]

The log is made: a million purchases of 6,040 users and 3,706 items in 20 genres, with long tails, as MovieLens-1M has
them. Needs numpy; the row of implicit needs implicit and scipy from PyPI. --scale N measures the log of make_events.py
with N events too. Times are of receipts: from the sentence to the rows, the reading of the log included where a model is
fitted. CPU seconds are of the whole process. Ends with 1 when an answer is wrong.
"""
import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time

import numpy as np

from engines import PeakMemory

USERS, ITEMS, EVENTS, GENRES = 6_040, 3_706, 1_000_000, 20
THREADS = 2
COUNT = 10


def make():
    """User, item and millisecond of each purchase, by user and time; nobody buys an item twice."""
    random = np.random.default_rng(11)
    activity = random.lognormal(0, 1, USERS)
    lengths = np.clip((activity / activity.sum() * EVENTS).astype(int), 20, ITEMS // 2)
    genre = random.integers(0, GENRES, ITEMS)
    fame = 1 / (np.arange(ITEMS) + 8) ** 0.75
    random.shuffle(fame)
    parts = []
    for user in range(USERS):
        tastes = random.dirichlet(np.full(GENRES, 0.3))
        chance = fame * (0.15 / GENRES + tastes[genre])
        items = random.choice(ITEMS, lengths[user], replace=False, p=chance / chance.sum())
        days = random.integers(0, 900) + random.exponential(20, len(items)).cumsum() * 0.05
        moments = 1_500_000_000_000 + (days * 86_400_000).astype(np.int64)
        # No two events of a user at one instant: their order would be that of the file.
        moments = np.maximum.accumulate(moments) + np.arange(len(items))
        parts.append(np.stack([np.full(len(items), user), items, moments], 1))
    return np.concatenate(parts)


def write(log, path):
    with open(path, 'w') as out:
        out.write('time,user,event,item\n')
        for user, item, moment in log[np.argsort(log[:, 2], kind='stable')]:
            stamp = np.datetime64(int(moment), 'ms')
            out.write(f'{stamp},u{user},purchase,i{item}\n')


class Run:
    """One process of Instar: receipts and rows of its statements, its CPU seconds and its anonymous memory."""

    def __init__(self, executable, store, *statements, rows=True):
        command = [executable, store, '--threads', str(THREADS), '--format', 'jsonl', '--receipt', 'json']
        for statement in statements:
            command += ['-c', statement]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        output = subprocess.PIPE if rows else subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True)
        memory = PeakMemory(process.pid)
        text, errors = process.communicate()
        self.seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.memory = memory.stop()
        if process.returncode != 0:
            sys.exit(errors)
        receipts = [json.loads(line) for line in errors.splitlines() if line.startswith('{')]
        self.elapsed = [receipt['elapsed_ms'] / 1000 for receipt in receipts]
        self.rows = [json.loads(line) for line in text.splitlines()] if rows else []


def fresh(executable, log, store):
    for path in (store, store + '-lock'):
        if os.path.exists(path):
            os.remove(path)
    subprocess.run([executable, store, '--create', '-c', f"IMPORT EVENTS FROM '{log}'"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def next_lists(log, users):
    """The lists of `next` by its formula: docs/reference/recommend/next.md."""
    user, item = log[:, 0], log[:, 1]
    counts = np.zeros(ITEMS * ITEMS)
    for gap in range(1, 21):
        weight = round(math.exp(-(gap - 1) / 3) * 65_536)
        same = user[gap:] == user[:-gap]
        counts += weight * np.bincount(item[:-gap][same] * ITEMS + item[gap:][same], minlength=ITEMS * ITEMS)
    degree = np.maximum(1, np.bincount(item, minlength=ITEMS))
    table = counts.reshape(ITEMS, ITEMS) / 65_536 / (degree[:, None] ** 0.5 * degree[None, :] ** 0.2)
    np.fill_diagonal(table, 0)
    for row in table:
        row[row < np.partition(row, -100)[-100]] = 0
    lists = {}
    for one in users:
        history = item[user == one][::-1]
        weights = np.exp(-np.arange(len(history)) / 3)
        weights[weights < 1e-6] = 0
        scores = weights @ table[history]
        scores[history] = 0
        lists[one] = np.sort(scores)[::-1][:COUNT]
    return lists


def check_next(log, rows):
    """The scores of every 100th user against the formula."""
    found = {}
    for row in rows:
        found.setdefault(int(row['user'][1:]), []).append(row['score'])
    return [
        f'next: u{one} has {found.get(one)}, the formula gives {scores.tolist()}'
        for one, scores in next_lists(log, range(0, USERS, 100)).items()
        if not np.allclose(found.get(one, []), scores[scores > 0], rtol=1e-5)]


def check_lists(log, rows, method):
    """Every user has a list of items that he does not have: a whole one, but for what `taste` speaks against."""
    known = set(map(tuple, log[:, :2].tolist()))
    lists, errors = {}, []
    for row in rows:
        pair = (int(row['user'][1:]), int(row['item'][1:]))
        lists[pair[0]] = lists.get(pair[0], 0) + 1
        if pair in known:
            errors.append(f'{method}: {row["user"]} has {row["item"]} already')
    least = 1 if method == 'taste' else COUNT
    return errors + [
        f'{method}: u{user} has {lists.get(user, 0)} rows' for user in range(USERS)
        if not least <= lists.get(user, 0) <= COUNT]


def implicit_processor(log):
    """CPU seconds of implicit's ALS with its default settings, or None where it is not installed."""
    try:
        import implicit
        import scipy.sparse
        from threadpoolctl import threadpool_limits
    except ImportError:
        return None
    matrix = scipy.sparse.csr_matrix((np.ones(len(log), np.float32), (log[:, 0], log[:, 1])))
    best = math.inf
    with threadpool_limits(1, 'blas'):
        for _ in range(2):
            model = implicit.als.AlternatingLeastSquares(factors=64, num_threads=THREADS, random_state=1)
            start = time.process_time()
            model.fit(matrix, show_progress=False)
            best = min(best, time.process_time() - start)
    return best


def show(name, figure, bar):
    print(f'{name:<58} {figure:>22}  {bar}')


def measure(executable, folder, log, path):
    """Prints the rows of the small log; returns what is wrong."""
    errors = []
    store = os.path.join(folder, 'recommend.instar')
    everyone = f'SEGMENT users RECOMMEND {COUNT}'
    for method, bar in (('next', 'at most 1.0 s'), ('hybrid', 'at most 4 s'), ('taste', ''), ('als', '')):
        fresh(executable, path, store)
        one = f"RECOMMEND {COUNT} FOR USER 'u17' USING {method}"
        first = Run(executable, store, one)
        again = Run(executable, store, one)
        fitted = first.processor - again.processor
        show(f'{method}: read the log, fit, one list', f'{first.elapsed[0]:.2f} s', bar)
        show('  of it CPU', f'{first.processor:.2f} s', '')
        if method == 'als':
            other = implicit_processor(log)
            ratio = f'{fitted:.2f} s CPU' if other is None else f'{fitted:.2f} / {other:.2f} = {fitted / other:.2f} x'
            show('als f = 64, 16 epochs / implicit, 15, CPU', ratio, 'at most 1.5 x')
            continue
        all = Run(executable, store, everyone + f' USING {method}')
        sentence = everyone + f' USING {method} LIMIT 1'
        once, often = Run(executable, store, sentence), Run(executable, store, *[sentence] * 5)
        tables = 2 if method == 'hybrid' else 1
        micros = min(often.elapsed[1:]) / USERS * 1e6
        show(f'{method}: all users, of {tables} table(s)', f'{micros:.0f} us a user', f'at most {50 * tables} us')
        show('  of it CPU, all threads', f'{(often.processor - once.processor) / 4 / USERS * 1e6:.0f} us a user', '')
        errors += check_lists(log, all.rows, method)
        if method == 'next':
            errors += check_next(log, all.rows)
        own = [row for row in all.rows if row['user'] == 'u17']
        if again.rows != own or first.rows != own:
            errors.append(f'{method}: the list of u17 alone differs from his part of all')
    fresh(executable, path, store)
    one = f"RECOMMEND {COUNT} FOR USER 'u17'"
    Run(executable, store, one)
    cold = [Run(executable, store, one) for _ in range(20)]
    show('one user, whole process', f'{min(run.seconds for run in cold) * 1000:.0f} ms', 'at most 30 ms')
    show('  of it CPU', f'{min(run.processor for run in cold) * 1000:.0f} ms', '')
    warm = Run(executable, store, *[f"RECOMMEND {COUNT} FOR USER 'u{user}'" for user in range(40)])
    show('one user, warm', f'{min(warm.elapsed[1:]) * 1000:.2f} ms', 'at most 1 ms')
    return errors


def measure_scale(executable, folder, count):
    import make_events
    log = make_events.write(count, folder)
    store = os.path.join(folder, 'scale.instar')
    fresh(executable, log, store)
    trained = Run(executable, store, f"RECOMMEND {COUNT} FOR USER 'u17'")
    show(f'{count:,} events: default trained', f'{trained.elapsed[0]:.1f} s', 'at most 60 s')
    show('  of it CPU', f'{trained.processor:.1f} s', '')
    show('  anonymous memory', f'{trained.memory / 2**20:.0f} MiB', 'at most 2,048 MiB')
    out = os.path.join(folder, 'scale.csv')
    sentence = f"SEGMENT users RECOMMEND {COUNT} EXPORT TO '{out}'"
    if os.path.exists(out):
        os.remove(out)
    all = Run(executable, store, sentence, rows=False)
    with open(out) as lines:
        users = len({line.split(',', 1)[0] for line in lines}) - 1
    show('  all users to CSV', f'{users / all.elapsed[0]:,.0f} users a second', 'at least 20,000')
    show('  anonymous memory', f'{all.memory / 2**20:.0f} MiB', 'at most 2,048 MiB')


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('folder')
    arguments.add_argument('--instar', required=True)
    arguments.add_argument('--scale', type=int)
    options = arguments.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    log = make()
    path = os.path.join(options.folder, 'recommend.csv')
    write(log, path)
    print(f'{len(log):,} events of {USERS:,} users and {ITEMS:,} items, load {os.getloadavg()[0]:.1f}')
    errors = measure(options.instar, options.folder, log, path)
    if options.scale:
        measure_scale(options.instar, options.folder, options.scale)
    for error in errors[:20]:
        print(error)
    sys.exit(1 if errors else 0)


if __name__ == '__main__':
    main()
