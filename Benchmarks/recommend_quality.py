#!/usr/bin/env python3
"""Judges Instar's default recommendations and those of implicit by one protocol, in one run, on the log of a gift shop.

usage: recommend_quality.py ONLINE_RETAIL.csv[.gz] DIR --instar EXECUTABLE

The file is UCI's Online Retail with its eight columns (doi 10.24432/C5BW33). Needs implicit and scipy from PyPI. The last
30 days are kept from every method. Judged is each user with a history who then buys, and keeps, an item that is new to
him; all items are ranked, and what he bought before is in no list. Instar answers with EVALUATE RECOMMEND; implicit gets
the matrix of the same users and items, 1 where weights sum to more than zero, and its settings as they come. Ends with 1
when the two do not judge the same number of users, or Instar's NDCG is less than 1.3 times that of the best other.
"""
import argparse
import csv
import datetime
import gzip
import json
import math
import os
import subprocess
import sys

import numpy as np
from scipy.sparse import csr_matrix

HOLDOUT_DAYS = 30
CUT = 10
BAR = 1.3


def read(path):
    """(user, milliseconds, is a purchase, item) in the order of the file; lines without a customer are left out."""
    opening = gzip.open if path.endswith('.gz') else open
    with opening(path, 'rt', encoding='utf-8', errors='replace', newline='') as file:
        for row in csv.DictReader(file):
            quantity = float(row['Quantity'])
            if not row['CustomerID'] or quantity == 0:
                continue
            time = datetime.datetime.fromisoformat(row['InvoiceDate']).replace(tzinfo=datetime.timezone.utc)
            yield row['CustomerID'], int(time.timestamp()) * 1000, quantity > 0, row['StockCode']


def write(rows, path):
    with open(path, 'w', newline='') as file:
        out = csv.writer(file)
        out.writerow(['user', 'time', 'event', 'item'])
        for user, time, bought, item in rows:
            out.writerow([user, time, 'purchase' if bought else 'return', item])


def divide(rows):
    """Users, items, the training matrix, what each user ever bought before the cut, and what he must be shown."""
    users = {user: number for number, user in enumerate(dict.fromkeys(row[0] for row in rows))}
    items = {item: number for number, item in enumerate(dict.fromkeys(row[3] for row in rows))}
    cut = max(row[1] for row in rows) + 1 - HOLDOUT_DAYS * 86_400_000
    sums, bought, later, kept = {}, {}, {}, {}
    for user, time, is_purchase, item in sorted(rows, key=lambda row: row[1]):
        pair = (users[user], items[item])
        weight = 1 if is_purchase else -1
        if time < cut:
            sums[pair] = sums.get(pair, 0) + weight
            if is_purchase:
                bought.setdefault(pair[0], set()).add(pair[1])
        else:
            later[pair] = later.get(pair, 0) + weight
            kept[pair] = is_purchase
    pairs = [pair for pair, total in sums.items() if total > 0]
    matrix = csr_matrix(
        (np.ones(len(pairs), np.float32), ([user for user, _ in pairs], [item for _, item in pairs])),
        shape=(len(users), len(items))).tocsr()
    known = {user for user, _ in sums}
    relevant = {}
    for (user, item), total in later.items():
        if total > 0 and kept[user, item] and user in known and item not in bought.get(user, set()):
            relevant.setdefault(user, set()).add(item)
    return matrix, bought, relevant


def judge(lists, relevant, itemcount):
    gains, shown = [], set()
    for user, wanted in relevant.items():
        shown.update(lists[user])
        gain = sum(1 / math.log2(rank + 2) for rank, item in enumerate(lists[user]) if item in wanted)
        gains.append(gain / sum(1 / math.log2(rank + 2) for rank in range(min(CUT, len(wanted)))))
    return float(np.mean(gains)), len(shown) / itemcount


def others(matrix, bought, relevant):
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
    methods = {
        'implicit cosine': CosineRecommender(), 'implicit BM25': BM25Recommender(),
        'implicit ALS': AlternatingLeastSquares(random_state=1)}
    judged = np.array(sorted(relevant))
    itemcount = len(set(matrix.indices))
    for name, model in methods.items():
        model.fit(matrix, show_progress=False)
        lists = {}
        for user in judged:
            found, scores = model.recommend(
                user, matrix[user], N=CUT, filter_already_liked_items=True,
                filter_items=sorted(bought.get(user, set())))
            # With items to filter, implicit returns more than were asked for.
            lists[user] = [item for item, score in zip(found, scores) if score > 0][:CUT]
        yield (name, *judge(lists, relevant, itemcount))


def instar(executable, log, store):
    for path in (store, store + '-lock'):
        if os.path.exists(path):
            os.remove(path)
    statements = [
        f"IMPORT EVENTS FROM '{log}'", 'DEFINE CATALOG purchase WEIGHT 1 CONSUMES, return WEIGHT -1 REVOKES',
        f'EVALUATE RECOMMEND {CUT} WITH holdout = {HOLDOUT_DAYS} DAYS']
    command = [executable, store, '--create', '--threads', '2', '--format', 'jsonl']
    for statement in statements:
        command += ['-c', statement]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(process.stderr)
    rows = [json.loads(line) for line in process.stdout.splitlines() if line.startswith('{')]
    rows = [row for row in rows if 'metric' in row]
    figures = {(row['method'], row['metric']): row for row in rows}
    users = rows[0]['users']
    return users, [
        (f'Instar {method}', figures[method, 'ndcg']['value'], figures[method, 'coverage']['value'])
        for method in dict.fromkeys(row['method'] for row in rows)]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('file')
    arguments.add_argument('folder')
    arguments.add_argument('--instar', required=True)
    options = arguments.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    rows = list(read(options.file))
    log, store = (os.path.join(options.folder, name) for name in ('recommend.csv', 'recommend.instar'))
    write(rows, log)
    matrix, bought, relevant = divide(rows)
    users, found = instar(options.instar, log, store)
    peers = list(others(matrix, bought, relevant))
    print(f'{len(rows):,} rows, {matrix.shape[0]:,} users, {matrix.shape[1]:,} items; judged: {len(relevant)} users, '
          f'Instar {users}')
    print(f'{"method":<18}  NDCG@{CUT}  coverage')
    for name, ndcg, coverage in found + peers:
        print(f'{name:<18}  {ndcg:.4f}   {coverage:.3f}')
    ratio = found[0][1] / max(ndcg for _, ndcg, _ in peers)
    print(f'{found[0][0]} is {ratio:.2f} times the best of implicit; the bar is {BAR}')
    sys.exit(0 if users == len(relevant) and ratio >= BAR else 1)


if __name__ == '__main__':
    main()
