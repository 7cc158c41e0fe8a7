#!/usr/bin/env python3
"""Asks DuckDB, ClickHouse and Instar the same questions and writes times and answers side by side.

usage: compare.py N DIR --instar EXECUTABLE --appends EXECUTABLE [--document FILE]

The engines take turns, round by round, so that whatever else the machine does falls on all alike. Ends with 1 when an
answer is missing or differs.
"""
import argparse
import json
import os
import subprocess
import sys

import make_events
import report
from engines import ClickHouse, DuckDB, Failure, Instar
from questions import QUESTIONS, normalised

ROUNDS = 5
# Who needs more seconds than this is not asked again once there is a time of his.
PATIENCE = 10
IMPORTS = 2
STARTS = 20
TRIVIAL = 'SHOW EVENTS'


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def measure_imports(engines, log):
    """Seconds of the better import of each engine and bytes of its store, and the most memory of Instar's imports.

    The last import stays for the questions.
    """
    best, memory = {}, []
    for _ in range(IMPORTS):
        for name, engine in engines.items():
            seconds, size, *peak = engine.load(log)
            say('import', name, f'{seconds:.2f} s')
            best[name] = min(best.get(name, (seconds, size)), (seconds, size))
            memory += peak
    return best, max((peak for peak in memory if peak), default=None)


def measure(question, engines):
    """Best seconds by engine after one warm-up round, and the rows or the failure of each."""
    seconds, answers = {}, {}
    for round in range(ROUNDS + 1):
        for name, engine in engines.items():
            if isinstance(answers.get(name), Failure) or seconds.get(name, 0) > PATIENCE:
                continue
            try:
                elapsed, rows = engine.run(question)
            except Failure as failure:
                answers[name] = failure
                continue
            answers[name] = rows
            if round > 0:
                seconds[name] = min(seconds.get(name, elapsed), elapsed)
    say(question.name, {name: f'{1000 * value:.1f} ms' for name, value in seconds.items()})
    return seconds, answers


def verdict(answers):
    """'yes' when all rows of all engines are equal, else in a few words what differs."""
    if isinstance(answers['instar'], Failure):
        return f"no answer: {answers['instar']}"
    tables = {name: normalised(rows) for name, rows in answers.items()}
    for name in ('duckdb', 'clickhouse'):
        if tables[name] != tables['instar']:
            theirs = [row for row in tables[name] if row not in tables['instar']]
            ours = [row for row in tables['instar'] if row not in tables[name]]
            return f'differs from {name}: {ours[:1]} here, {theirs[:1]} there'
    return 'yes'


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('count', type=int)
    parser.add_argument('folder')
    parser.add_argument('--instar', required=True)
    parser.add_argument('--appends', required=True)
    parser.add_argument('--document')
    options = parser.parse_args()

    log = make_events.write(options.count, options.folder)
    instar = Instar(options.instar, options.folder)
    engines = {'duckdb': DuckDB(options.folder), 'clickhouse': ClickHouse(options.folder), 'instar': instar}

    load = os.getloadavg()[0]
    imports, import_memory = measure_imports(engines, log)
    results = {
        'count': options.count, 'load': load, 'imports': imports, 'import_memory': import_memory, 'questions': []}
    for question in QUESTIONS:
        seconds, answers = measure(question, engines)
        results['questions'].append((question, seconds, verdict(answers)))
    results['start'] = min(instar.process_seconds(TRIVIAL) for _ in range(STARTS))
    results['funnel_memory'] = instar.peak_memory(QUESTIONS[0].statement, times=5)
    appends = subprocess.run([options.appends, options.folder], check=True, stdout=subprocess.PIPE, text=True)
    results['appends'] = json.loads(appends.stdout)

    section = report.section(results)
    print(section)
    if options.document:
        report.put(section, options.count, options.document)
    return 0 if all(equal == 'yes' for _, _, equal in results['questions']) else 1


if __name__ == '__main__':
    os.environ['TZ'] = 'UTC'
    sys.exit(main())
