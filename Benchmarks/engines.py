"""The three engines behind one face: `load` a log and give seconds and bytes, `run` a question and give seconds and rows."""
import json
import os
import shutil
import subprocess
import threading
import time

import chdb.session
import duckdb

THREADS = 2


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


class Failure(Exception):
    """A question that an engine did not answer."""


class DuckDB:
    """Its table is sorted by user and time, its better case for these questions."""

    def __init__(self, folder):
        self.path = os.path.join(folder, 'events.duckdb')
        self.connection = None

    def load(self, log):
        if self.connection:
            self.connection.close()
        remove(self.path)
        remove(self.path + '.wal')
        start = time.perf_counter()
        self.connection = duckdb.connect(self.path)
        for statement in (
                f'set threads = {THREADS}', f"create table raw as select * from read_csv('{log}')",
                'create table ev as select * from raw order by "user", time', 'drop table raw', 'checkpoint'):
            self.connection.execute(statement)
        return time.perf_counter() - start, os.path.getsize(self.path)

    def run(self, question):
        start = time.perf_counter()
        rows = self.connection.execute(question.duckdb).fetchall()
        return time.perf_counter() - start, rows


class ClickHouse:
    """chDB, ClickHouse in a library; its table is a MergeTree ordered by user and time, merged into one part."""

    SETTINGS = f" settings max_threads = {THREADS}, session_timezone = 'UTC', output_format_json_quote_64bit_integers = 0"

    def __init__(self, folder):
        self.path = os.path.join(folder, 'events.chdb')
        remove(self.path)
        self.session = chdb.session.Session(self.path)
        self.session.query('create database log engine = Atomic')
        self.session.query('use log')

    def load(self, log):
        self.session.query('drop table if exists ev sync')
        start = time.perf_counter()
        self.session.query(
            'create table ev (time DateTime64(3), user String, event LowCardinality(String), item String, amount Float64,'
            ' country LowCardinality(String), channel LowCardinality(String)) engine = MergeTree order by (user, time)')
        self.session.query(f"insert into ev select * from file('{log}', 'CSVWithNames')" + self.SETTINGS)
        self.session.query('optimize table ev final')
        seconds = time.perf_counter() - start
        size = self.session.query(
            "select sum(bytes_on_disk) from system.parts where table = 'ev' and active", 'TabSeparated')
        return seconds, int(str(size))

    def run(self, question):
        start = time.perf_counter()
        result = self.session.query(question.clickhouse + self.SETTINGS, 'JSONCompact')
        seconds = time.perf_counter() - start
        return seconds, json.loads(str(result))['data']


class Instar:
    """The `instar` executable. A question's time is the engine's own, from the receipt; the process is timed apart."""

    def __init__(self, executable, folder):
        self.executable = executable
        self.path = os.path.join(folder, 'events.instar')

    def start(self, *arguments, statements, **options):
        command = [self.executable, self.path, '--threads', str(THREADS), *arguments]
        for statement in statements:
            command += ['-c', statement]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)

    def finish(self, process):
        output, errors = process.communicate()
        if process.returncode != 0:
            raise Failure(errors.strip().split('\n')[0])
        return output, errors

    def load(self, log):
        """Seconds of the whole process, bytes of the file, and the most anonymous memory in bytes."""
        remove(self.path)
        remove(self.path + '-lock')
        start = time.perf_counter()
        process = self.start(
            '--create', statements=[f"IMPORT EVENTS FROM '{log}'"], stdout=subprocess.DEVNULL)
        memory = PeakMemory(process.pid)
        self.finish(process)
        seconds = time.perf_counter() - start
        return seconds, os.stat(self.path).st_blocks * 512, memory.stop()

    def run(self, question):
        """The second of two runs in one process: the first warms up."""
        process = self.start(
            '--format', 'jsonl', '--receipt', 'json', statements=[question.statement] * 2, stdout=subprocess.PIPE)
        output, errors = self.finish(process)
        receipts = [json.loads(line) for line in errors.splitlines() if line.startswith('{')]
        rows = [json.loads(line) for line in output.splitlines()]
        rows = [question.rows(row) for row in rows[len(rows) // 2:]]
        return receipts[1]['elapsed_ms'] / 1000, [row for row in rows if row is not None]

    def process_seconds(self, statement):
        """The whole process: start, open, answer, leave."""
        start = time.perf_counter()
        self.finish(self.start(statements=[statement], stdout=subprocess.DEVNULL))
        return time.perf_counter() - start

    def peak_memory(self, statement, times):
        process = self.start(statements=[statement] * times, stdout=subprocess.DEVNULL)
        memory = PeakMemory(process.pid)
        self.finish(process)
        return memory.stop()


class PeakMemory:
    """The most anonymous memory of a process, looked at every millisecond. Pages of a mapped file do not count."""

    def __init__(self, pid):
        self.status = f'/proc/{pid}/status'
        self.most = 0
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.ends.wait(0.001):
            try:
                with open(self.status) as lines:
                    for line in lines:
                        if line.startswith('RssAnon:'):
                            self.most = max(self.most, int(line.split()[1]) * 1024)
            except OSError:
                return

    def stop(self):
        """In bytes; None where the system does not tell."""
        self.ends.set()
        self.thread.join()
        return self.most or None
