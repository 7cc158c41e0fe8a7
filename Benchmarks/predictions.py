#!/usr/bin/env python3
"""Who will buy, and for how much: Instar's EVALUATE beside LightGBM on the same features, users and moments.

usage: predictions.py DIR --instar EXECUTABLE [--retail FILE]

Needs lightgbm, pandas and scikit-learn from PyPI, beside what compare.py needs. CDNOW, all 23,570 customers, is in PyPI's
package lifetimes, which is downloaded and not installed. FILE is the UCI Online Retail log (CC BY 4.0) as CSV, packed or
not, with the columns InvoiceNo, InvoiceDate, Quantity, UnitPrice and CustomerID; without it CDNOW stands alone.

Protocol: a row for each customer known at an anchor; anchors every 30 days (CDNOW 60) whose windows end before the judged
one; judged at one moment. `auto` in Python is the mean of the logits of a logistic regression on signed logarithms and of
small trees, as docs/reference/predict/predict.md describes it. Money is judged against MBG/NBD x gamma-gamma, which is
Instar's own answer, and LightGBM. Prints a table; judges nothing.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import zipfile

import lightgbm
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from prediction_features import DAY, rhythm, season


def cdnow(folder):
    """One event a customer and day."""
    if not glob.glob(os.path.join(folder, '*ifetimes*.whl')):
        subprocess.run([sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder,
                        'lifetimes==0.11.3'], check=True)
    with zipfile.ZipFile(glob.glob(os.path.join(folder, '*ifetimes*.whl'))[0]) as wheel:
        with wheel.open('lifetimes/datasets/CDNOW_master.txt') as file:
            log = pd.read_csv(file, sep=r'\s+', header=0, names=['user', 'day', 'discs', 'amount'])
    log['time'] = pd.to_datetime(log['day'].astype(str), format='%Y%m%d')
    return log.groupby(['user', 'time'], as_index=False)['amount'].sum()


def retail(path):
    """One event an order; without returns, and without orders of nobody."""
    log = pd.read_csv(path, encoding='latin-1')
    log = log[log['CustomerID'].notna() & (log['Quantity'] > 0) & (log['UnitPrice'] > 0)]
    log = log.assign(amount=log['Quantity'] * log['UnitPrice'], user=log['CustomerID'].astype(int))
    orders = log.groupby(['user', 'InvoiceNo'], as_index=False).agg(
        time=('InvoiceDate', 'min'), amount=('amount', 'sum'))
    orders['time'] = pd.to_datetime(orders['time'])
    return orders[['user', 'time', 'amount']]


class Judged:
    """A log as Instar's store and as Python's rows, at one judged moment."""

    def __init__(self, name, log, folder, executable, moment, step):
        self.name, self.executable, self.moment, self.step = name, executable, pd.Timestamp(moment), step
        csv, self.store = os.path.join(folder, name + '.csv'), os.path.join(folder, name + '.instar')
        if os.path.exists(self.store):
            os.remove(self.store)
        out = log.assign(event='purchase', time=log['time'].dt.strftime('%Y-%m-%dT%H:%M:%S'))
        out.sort_values(['user', 'time']).to_csv(csv, index=False)
        subprocess.run([executable, 'import', self.store, csv], check=True, capture_output=True)
        self.log = log.assign(event='purchase', time=log['time'].astype('datetime64[ms]').astype('int64'))
        self.log = self.log.sort_values(['user', 'time'], kind='stable', ignore_index=True)

    def evaluate(self, target, days, options):
        """The rows of EVALUATE at the moment, by metric."""
        clock = (self.moment + pd.Timedelta(days=days)).date()
        statement = (f'SET GOAL EVENT purchase; SET CLOCK @{clock}; EVALUATE SEGMENT users WHERE did purchase '
                     f'PREDICT {target} {options} WITH folds = 1, every = {self.step} DAYS')
        done = subprocess.run([self.executable, self.store, '--format', 'jsonl', '-c', statement],
                              capture_output=True, text=True, check=True)
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"model"')]
        return {row['metric']: row['value'] for row in rows}

    def rows(self, days, label):
        """Features and labels that teach, and those at the moment."""
        horizon, judged = days * DAY, int(self.moment.value // 1_000_000)
        first = self.log['time'].min() + horizon // 2
        older = range(judged - self.step * DAY, first, -self.step * DAY)
        anchors = [judged] + [anchor for anchor in older if anchor + horizon <= judged][:11]
        tables = []
        for anchor in anchors:
            past = self.log[self.log['time'] < anchor]
            users = past['user'].unique()
            window = self.log[(self.log['time'] >= anchor) & (self.log['time'] < anchor + horizon)]
            came = label(window).reindex(users).fillna(0).to_numpy(float)
            tables.append((season(anchor, rhythm(past, 'purchase', anchor, users)), came))
        spans_year = anchors[0] - anchors[-1] >= 330 * DAY
        teaching = pd.concat([features for features, _ in tables[1:]]), np.concatenate([came for _, came in tables[1:]])
        return teaching, tables[0], spans_year


def logit(p):
    return np.log(p / (1 - p))


def logistic(teaching, labels, judged):
    """L2 on signed logarithms, missing values filled and marked."""
    table = np.vstack([teaching, judged]).astype(float)
    table = np.sign(table) * np.log1p(np.abs(table))
    missing = np.isnan(table)
    table = np.where(missing, np.nanmedian(table[:len(teaching)], axis=0), table)
    table = np.hstack([table, missing[:, missing.any(axis=0)]])
    mean, deviation = table[:len(teaching)].mean(axis=0), table[:len(teaching)].std(axis=0)
    table = (table[:, deviation > 1e-12] - mean[deviation > 1e-12]) / deviation[deviation > 1e-12]
    model = LogisticRegression(C=1, solver='newton-cholesky').fit(table[:len(teaching)], labels)
    return model.predict_proba(table[len(teaching):])[:, 1]


SMALL = dict(num_leaves=8, n_estimators=150, learning_rate=.06, min_child_samples=50, reg_lambda=5, max_bin=63)


def figures(probabilities, labels):
    tenth = np.argsort(-probabilities, kind='stable')[:len(labels) // 10]
    return {'auc': roc_auc_score(labels, probabilities), 'average_precision': average_precision_score(labels, probabilities),
            'lift_10': labels[tenth].mean() / labels.mean(), 'log_loss': log_loss(labels, probabilities),
            'mean_probability': probabilities.mean()}


def conditions(judged, days):
    (teaching, labels), (features, came), spans_year = judged.rows(
        days, lambda window: window.groupby('user').size().clip(upper=1))
    plain = [name for name in teaching.columns if not name.startswith('season')]
    linear = list(teaching.columns) if spans_year else plain
    trees = [teaching[plain].to_numpy(float), labels]
    default = lightgbm.LGBMClassifier(n_jobs=1, verbose=-1).fit(*trees)
    small = lightgbm.LGBMClassifier(n_jobs=1, verbose=-1, **SMALL).fit(*trees)
    probabilities = logistic(teaching[linear], labels, features[linear])
    boosted = small.predict_proba(features[plain].to_numpy(float))[:, 1]
    both = 1 / (1 + np.exp(-(logit(probabilities) + logit(boosted)) / 2))
    target = f'did purchase IN NEXT {days} DAYS'
    own = judged.evaluate(target, days, '')
    closed = {name.removeprefix('mbgnbd_'): value for name, value in own.items() if name.startswith('mbgnbd_')}
    methods = {'instar': own, 'instar, mbgnbd': closed,
               'LightGBM default': figures(default.predict_proba(features[plain].to_numpy(float))[:, 1], came),
               'auto in Python': figures(both, came)}
    print(f'\n{judged.name}: purchase in {days} days from {judged.moment.date()}, {len(came)} users, {came.mean():.3f} buy')
    table(methods, ['auc', 'average_precision', 'lift_10', 'log_loss', 'mean_probability'])


def money(judged, days):
    (teaching, labels), (features, came), _ = judged.rows(days, lambda window: window.groupby('user')['amount'].sum())
    plain = [name for name in teaching.columns if not name.startswith('season')]
    model = lightgbm.LGBMRegressor(n_jobs=1, verbose=-1).fit(teaching[plain].to_numpy(float), labels)
    predicted = model.predict(features[plain].to_numpy(float))
    boosted = {'mae': np.abs(predicted - came).mean(), 'rmse': np.sqrt(((predicted - came) ** 2).mean()),
               'total_ratio': predicted.sum() / came.sum()}
    own = judged.evaluate(f'sum(purchase.amount IN NEXT {days} DAYS)', days, '')
    print(f'\n{judged.name}: money in {days} days from {judged.moment.date()}, {len(came)} users, mean {came.mean():.2f}')
    table({'instar': own, 'LightGBM default': boosted}, ['mae', 'rmse', 'spearman', 'gini', 'total_ratio'])


def table(methods, names):
    print('| | ' + ' | '.join(names) + ' |\n|---|' + '---:|' * len(names))
    for method, found in methods.items():
        cells = [f'{found[name]:.4f}' if found.get(name) is not None else '' for name in names]
        print(f'| {method} | ' + ' | '.join(cells) + ' |')


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('folder')
    parser.add_argument('--instar', required=True)
    parser.add_argument('--retail')
    given = parser.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    discs = cdnow(given.folder)
    logs = [('cdnow', discs, '1998-04-01', 60, (30, 90))]
    if given.retail:
        logs += [('retail', retail(given.retail), '2011-09-10', 30, (30, 90))]
    for name, log, moment, step, horizons in logs:
        judged = Judged(name, log, given.folder, given.instar, moment, step)
        for days in horizons:
            conditions(judged, days)
    money(Judged('cdnow', discs, given.folder, given.instar, '1998-01-01', 60), 180)
    if given.retail:
        money(Judged('retail', logs[1][1], given.folder, given.instar, '2011-09-10', 30), 90)


if __name__ == '__main__':
    main()
