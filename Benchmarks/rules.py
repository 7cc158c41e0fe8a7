#!/usr/bin/env python3
"""Asks Instar, mlxtend and efficient-apriori for the association rules of the same baskets, in one run.

usage: rules.py DIR --instar EXECUTABLE [--baskets N]

Needs mlxtend and efficient-apriori from PyPI, beside what compare.py needs. The baskets are made: 1,000 items of which a
few are bought most, and 40 bundles that come together. Instar's time is that of its receipt: from the sentence to the
rules, with the pass over the events. The others get the baskets in memory, in the form that they take. Ends with 1 when
the rules differ.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

CONFIDENCE = 0.25
SUPPORTS = (0.01, 0.004)


def make(count):
    random = np.random.default_rng(7)
    weights = 1 / np.arange(3, 1003)
    weights /= weights.sum()
    sizes = random.geometric(0.25, count)
    items = random.choice(1000, sizes.sum(), p=weights)
    bundles = [random.choice(1000, 3, replace=False, p=weights) for _ in range(40)]
    chosen = random.integers(0, 200, count)
    baskets, start = [], 0
    for size, bundle in zip(sizes, chosen):
        basket = set(items[start:start + size].tolist())
        if bundle < 40:
            basket.update(bundles[bundle].tolist())
        baskets.append(sorted(basket))
        start += size
    return baskets


def write(baskets, path):
    """Two baskets of each user, one a day."""
    with open(path, 'w') as out:
        out.write('user,time,event,item,order\n')
        for number, basket in enumerate(baskets):
            user, day = number // 2, 1 + number % 2
            for item in basket:
                out.write(f'u{user},2026-01-0{day}T10:00:00Z,purchase,i{item},o{number}\n')


def instar(executable, folder, support):
    statement = f"RULES OF purchase.item SAME order WITH min_support = {support}, min_confidence = {CONFIDENCE}"
    process = subprocess.run(
        [executable, os.path.join(folder, 'rules.instar'), '--threads', '2', '--format', 'jsonl', '--receipt', 'json',
         '-c', statement, '-c', statement], capture_output=True, text=True, check=True)
    receipts = [json.loads(line) for line in process.stderr.splitlines() if line.startswith('{')]
    rows = [json.loads(line) for line in process.stdout.splitlines()]
    rows = rows[len(rows) // 2:]
    return receipts[1]['elapsed_ms'] / 1000, {(tuple(sorted(row['if'].split(', '))), row['then']) for row in rows}


def mlxtend(baskets, support):
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    from mlxtend.preprocessing import TransactionEncoder
    import pandas
    start = time.perf_counter()
    encoder = TransactionEncoder()
    matrix = encoder.fit_transform(baskets, sparse=True)
    frame = pandas.DataFrame.sparse.from_spmatrix(matrix, columns=[f'i{item}' for item in encoder.columns_])
    sets = fpgrowth(frame, min_support=support, use_colnames=True, max_len=5)
    rules = association_rules(sets, metric='confidence', min_threshold=CONFIDENCE)
    rules = rules[rules['consequents'].map(len) == 1]
    seconds = time.perf_counter() - start
    return seconds, {
        (tuple(sorted(left)), next(iter(right))) for left, right in zip(rules['antecedents'], rules['consequents'])}


def efficient(baskets, support):
    from efficient_apriori import apriori
    start = time.perf_counter()
    _, rules = apriori(
        [tuple(f'i{item}' for item in basket) for basket in baskets], min_support=support, min_confidence=CONFIDENCE,
        max_length=5)
    seconds = time.perf_counter() - start
    return seconds, {(tuple(sorted(rule.lhs)), rule.rhs[0]) for rule in rules if len(rule.rhs) == 1}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('folder')
    arguments.add_argument('--instar', required=True)
    arguments.add_argument('--baskets', type=int, default=500_000)
    options = arguments.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    baskets = make(options.baskets)
    log, store = (os.path.join(options.folder, name) for name in ('rules.csv', 'rules.instar'))
    write(baskets, log)
    for path in (store, store + '-lock'):
        if os.path.exists(path):
            os.remove(path)
    subprocess.run(
        [options.instar, store, '--create', '-c', f"IMPORT EVENTS FROM '{log}' MAP order = order"],
        check=True, stdout=subprocess.DEVNULL)
    failed = False
    print(f'{len(baskets):,} baskets, {sum(map(len, baskets)):,} rows')
    print(f'{"support":>8}  {"rules":>6}  {"Instar":>8}  {"mlxtend":>8}  {"efficient-apriori":>17}')
    for support in SUPPORTS:
        seconds, rules = instar(options.instar, options.folder, support)
        times = [seconds]
        for other in (mlxtend, efficient):
            elapsed, found = other(baskets, support)
            times.append(elapsed)
            if found != rules:
                failed = True
                print(f'{other.__name__}: {len(found)} rules, Instar {len(rules)}, differ in {len(found ^ rules)}')
        print(f'{support:>8}  {len(rules):>6}  {times[0]:>7.2f}s  {times[1]:>7.2f}s  {times[2]:>16.2f}s')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
