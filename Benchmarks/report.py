"""The figures of a run as a section of a Markdown page."""
import os

from engines import THREADS


def machine():
    with open('/proc/meminfo') as lines:
        kilobytes = int(lines.readline().split()[1])
    return f'{os.cpu_count()} cores and {kilobytes / 2**20:.0f} GiB of memory'


def figure(value):
    """Three digits at least."""
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def ratio(peer, own):
    return f'{figure(peer / own)} x' if peer and own else ''


def milliseconds(seconds):
    return figure(1000 * seconds) if seconds else ''


def question_row(question, seconds, equal, count, own_seconds):
    """A row of the table. `own_seconds` are the times of Instar by the question's name."""
    peers = [('duckdb', question.times_duckdb), ('clickhouse', question.times_clickhouse)]
    own = seconds.get('instar')
    bars = ' and '.join(f'{bar:g} x' for _, bar in peers if bar)
    met = equal == 'yes' and all(seconds[name] / own >= bar for name, bar in peers if bar)
    if question.against and own and own_seconds.get(question.against[0]):
        other, most = question.against
        times = own / own_seconds[other]
        bars = f'under {most:g} x {other}: {figure(times)} x'
        met = met and times < most
    per_event = figure(own * 1e9 * THREADS / count) if own else ''
    return [
        question.name, equal, *(milliseconds(seconds.get(name)) for name in ('duckdb', 'clickhouse', 'instar')),
        *(ratio(seconds.get(name), own) for name, _ in peers), bars, 'no' if not met else 'yes' if bars else '', per_event]


def import_rows(imports):
    seconds = {name: figures[0] for name, figures in imports.items()}
    sizes = {name: figures[1] for name, figures in imports.items()}
    names = ('duckdb', 'clickhouse', 'instar')
    yield [
        'import, sorted, ms', '', *(milliseconds(seconds[name]) for name in names),
        *(ratio(seconds[name], seconds['instar']) for name in names[:2]), '2 x',
        'yes' if seconds['instar'] <= 0.5 * seconds['duckdb'] else 'no', '']
    yield [
        'file, MB', '', *(figure(sizes[name] / 1e6) for name in names),
        *(ratio(sizes[name], sizes['instar']) for name in names[:2]), '1.67 x',
        'yes' if sizes['instar'] <= 0.6 * sizes['duckdb'] else 'no', '']


def own_rows(results):
    """What has no peer: figure, bar and whether it is met."""
    start = 1000 * results['start']
    yield ['whole process, trivial statement', f'{start:.1f} ms', 'at most 20 ms', start <= 20]
    memory = results['import_memory']
    if memory:
        yield ['anonymous memory of the import', f'{memory / 2**20:,.0f} MiB', 'at most 1,536 MiB', memory <= 1536 * 2**20]
    memory = results['funnel_memory']
    if memory:
        yield ['anonymous memory of the funnel', f'{memory / 2**20:,.0f} MiB', 'at most 150 MiB', memory <= 150 * 2**20]
    for way in results['appends']:
        share = way['instar'] / way['lmdb']
        yield [
            f"appends, {way['batch']} a commit",
            f"{way['instar']:,.0f} a second; raw LMDB {way['lmdb']:,.0f}; {share:.2f} x", 'at least 0.5 x', share >= 0.5]


def table(head, rows):
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join('| ' + ' | '.join(str(cell) for cell in line) + ' |' for line in lines)


def section(results):
    count = results['count']
    own_seconds = {question.name: seconds.get('instar') for question, seconds, _ in results['questions']}
    questions = table(
        ['question', 'answers equal', 'DuckDB ms', 'ClickHouse ms', 'Instar ms', 'DuckDB / Instar', 'ClickHouse / Instar',
         'bar', 'met', 'ns per event and core'],
        [*import_rows(results['imports']), *(question_row(*row, count, own_seconds) for row in results['questions'])])
    own = table(
        ['Instar alone', 'figure', 'bar', 'met'],
        [[name, text, bar, 'yes' if met else 'no'] for name, text, bar, met in own_rows(results)])
    place = f"On {machine()}, {THREADS} threads. Load of the machine before the run: {results['load']:.1f}."
    return f'## {count:,} events\n\n{place}\n\n{questions}\n\n{own}\n'


def put(text, count, path):
    """Replaces the section of this many events in the page, or adds it at the end."""
    begin, end = f'<!-- results of {count} events -->\n', f'<!-- end of {count} events -->\n'
    with open(path) as file:
        page = file.read()
    before, found, rest = page.partition(begin)
    after = rest.partition(end)[2] if found else ''
    with open(path, 'w') as file:
        file.write((before if found else page.rstrip('\n') + '\n\n') + begin + text + end + after)
