"""The questions of the benchmark: one sentence for Instar, and the same question in SQL for DuckDB and ClickHouse.

A question gives rows in every engine. `rows` turns the columns of Instar's table into those of the SQL, so that all rows
can be compared, not a few figures only.
"""
import datetime
from dataclasses import dataclass
from typing import Callable


@dataclass
class Question:
    name: str
    statement: str
    rows: Callable  # a row of Instar's table (a dict) -> a row of the SQL, or None where the SQL has none
    duckdb: str
    clickhouse: str
    times_duckdb: float | None = None  # how many times as fast Instar must be
    times_clickhouse: float | None = None
    against: tuple[str, float] | None = None  # another question, and how many times its time this one may take at most


def day(text):
    """The first day of a period as Instar writes it: 2025-01, 2025-W07, 2025-01-31 or a time."""
    if len(text) == 7:
        return text + '-01'
    if 'W' in text:
        return datetime.datetime.strptime(text + '-1', '%G-W%V-%u').date().isoformat()
    return text[:10]


def plain(value):
    """A value as all engines agree on it. Amounts have two decimals, so that sums are exact to the cent."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()[:10]
    if isinstance(value, str):
        return value
    number = round(float(value), 2)
    return int(number) if number == int(number) else number


def normalised(rows):
    return sorted([plain(value) for value in row] for row in rows)


@dataclass
class Predicate:
    """At least `times` events of one type, or of any, in the last `days`, or ever."""
    event: str
    times: int
    days: int | None = None

    @property
    def statement(self):
        window = f' IN LAST {self.days} DAYS' if self.days else ''
        return f'did {self.event} AT LEAST {self.times} TIMES{window}'

    @property
    def condition(self):
        event = '1 = 1' if self.event == 'event' else f"event = '{self.event}'"
        if not self.days:
            return event
        since = f'(select max(time) from ev) + interval 1 millisecond - interval {self.days} day'
        return f'{event} and time >= {since}'

    @property
    def duckdb(self):
        return f'count(*) filter ({self.condition}) >= {self.times}'

    @property
    def clickhouse(self):
        return f'countIf({self.condition}) >= {self.times}'


# Of different types and windows, and none true of many users, so that all of them have to be looked at.
PREDICATES = [
    Predicate('purchase', 2, 90), Predicate('view', 50, 60), Predicate('cart', 5, 30), Predicate('view', 30, 14),
    Predicate('cart', 12, 120), Predicate('purchase', 4, 45), Predicate('view', 100), Predicate('event', 90, 150)]

QUESTIONS = [
    Question(
        'funnel', 'FUNNEL view THEN cart THEN purchase WITHIN 7 DAYS',
        lambda row: (row['event'], row['users']),
        # s1 and s2: the latest view from which a step could be reached in time. The latest is as good as any.
        """with a as (
             select "user", time, event, max(case when event = 'view' then time end) over w as s1
             from ev window w as (partition by "user" order by time rows unbounded preceding)),
           b as (
             select *, max(case when event = 'cart' and time - s1 <= interval 7 day then s1 end)
               over (partition by "user" order by time rows unbounded preceding) as s2 from a)
           select event, count(distinct "user") from b
           where event = 'view' or (event = 'cart' and time - s1 <= interval 7 day)
             or (event = 'purchase' and time - s2 <= interval 7 day) group by 1""",
        """with levels as (
             select user, windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(time)),
               event = 'view', event = 'cart', event = 'purchase') as level from ev group by user)
           select step.1, countIf(level >= step.2) from levels
           array join [('view', 1), ('cart', 2), ('purchase', 3)] as step group by 1""",
        100, 15),
    Question(
        'retention', 'RETENTION FROM FIRST event RETURN event BY WEEK FOR 26 WEEKS USING calendar',
        lambda row: (day(row['cohort']), row['age'], row['users']) if row['cohort'] and row['users'] else None,
        """with f as (select "user", date_trunc('week', min(time)) as cohort from ev group by 1)
           select cohort, date_diff('week', cohort, date_trunc('week', time)) as age, count(distinct ev."user")
           from ev join f using ("user") group by 1, 2""",
        """select cohort, dateDiff('week', cohort, toMonday(time)) as age, uniqExact(user)
           from ev join (select user, toMonday(min(time)) as cohort from ev group by user) f using user
           group by cohort, age""",
        15, 50),
    Question(
        'sessions', 'SESSIONS BY WEEK WITH gap = 30 MINUTES',
        lambda row: (day(row['period']), row['sessions']) if row['sessions'] else None,
        """with s as (
             select time, case when time - lag(time) over (partition by "user" order by time) <= interval 30 minute
               then 0 else 1 end as starts from ev)
           select date_trunc('week', time), sum(starts) from s group by 1 having sum(starts) > 0""",
        """with s as (
             select time, user, lagInFrame(toNullable(time)) over (
               partition by user order by time rows between unbounded preceding and current row) as previous from ev)
           select toMonday(time) as week, countIf(isNull(previous) or time > previous + interval 30 minute) as n
           from s group by week having n > 0""",
        20),
    Question(
        'stickiness', 'STICKINESS OF event DAYS PER WEEK',
        lambda row: (row['days'], row['users']) if row['users'] else None,
        """select days, count(*) from (
             select "user", date_trunc('week', time), count(distinct date_trunc('day', time)) as days
             from ev group by 1, 2) group by 1""",
        """select days, count() from (
             select user, toMonday(time) as week, uniqExact(toDate(time)) as days from ev group by user, week)
           group by days""",
        20, 10),
    Question(
        'segment',
        'SEGMENT users WHERE did purchase AT LEAST 2 TIMES IN LAST 90 DAYS AGGREGATE users() AS n, sum(monetary) AS total',
        lambda row: (row['n'], row['total']),
        """select count(*), sum(total) from (
             select "user", sum(amount) as total from ev where event = 'purchase' group by 1
             having count(*) filter (time >= (select max(time) from ev) + interval 1 millisecond - interval 90 day) >= 2)""",
        """select count(), sum(total) from (
             select user, sum(amount) as total from ev where event = 'purchase' group by user
             having countIf(time >= (select max(time) from ev) + interval 1 millisecond - interval 90 day) >= 2)""",
        2, 10),
    Question(
        'revenue',
        'EVENTS purchase AGGREGATE count() AS orders, sum(amount) AS revenue, users() AS buyers BY MONTH, country',
        lambda row: (day(row['month']), row['country'], row['orders'], row['revenue'], row['buyers'])
        if row['orders'] else None,
        """select date_trunc('month', time), country, count(*), sum(amount), count(distinct "user")
           from ev where event = 'purchase' group by 1, 2""",
        """select toStartOfMonth(time) as month, country, count(), sum(amount), uniqExact(user)
           from ev where event = 'purchase' group by month, country""",
        2, 5),
    Question(
        'by country', 'EVENTS event AGGREGATE count() AS n, sum(amount) AS total BY country',
        lambda row: (row['country'], row['n'], row['total']),
        'select country, count(*), sum(amount) from ev group by 1',
        'select country, count(), sum(amount) from ev group by country',
        1, 3),
    Question(
        'one predicate', f'SEGMENT users WHERE {PREDICATES[0].statement} AGGREGATE users() AS n',
        lambda row: (row['n'],),
        f'select count(*) from (select "user" from ev group by 1 having {PREDICATES[0].duckdb})',
        f'select count() from (select user from ev group by user having {PREDICATES[0].clickhouse})'),
    Question(
        'eight predicates',
        f"SEGMENT users WHERE {' OR '.join(one.statement for one in PREDICATES)} AGGREGATE users() AS n",
        lambda row: (row['n'],),
        f"""select count(*) from (
             select "user" from ev group by 1 having {' or '.join(one.duckdb for one in PREDICATES)})""",
        f"""select count() from (
             select user from ev group by user having {' or '.join(one.clickhouse for one in PREDICATES)})""",
        against=('one predicate', 2)),
    Question(
        'life cycle', 'LIFECYCLE OF event BY WEEK',
        lambda row: (day(row['period']), row['stage'], row['users']) if row['users'] else None,
        """with weeks as (select distinct "user", date_trunc('week', time) as week from ev),
           neighbours as (
             select week, lag(week) over w as before, lead(week) over w as after
             from weeks window w as (partition by "user" order by week))
           select week, case when before is null then 'new' when week = before + interval 7 day then 'returning'
             else 'resurrected' end, count(*) from neighbours group by 1, 2
           union all
           select week + interval 7 day, 'dormant', count(*) from neighbours
           where (after is null or after > week + interval 7 day) and week < (select max(week) from weeks) group by 1""",
        """with lists as (select arraySort(groupUniqArray(toMonday(time))) as weeks from ev group by user),
           found as (
             select arrayJoin(arrayConcat(
               arrayMap((week, i) -> (week, multiIf(i = 1, 'new', weeks[i - 1] = week - 7, 'returning', 'resurrected')),
                 weeks, arrayEnumerate(weeks)),
               arrayMap(week -> (week + 7, 'dormant'), arrayFilter(
                 (week, i) -> i = length(weeks) or weeks[i + 1] > week + 7, weeks, arrayEnumerate(weeks))))) as stage
             from lists)
           select stage.1, stage.2, count() from found
           where stage.1 <= (select toMonday(max(time)) from ev) group by stage.1, stage.2""",
        against=('funnel', 2)),
    Question(
        'paths', 'PATHS FROM view WITH top = 1000',
        lambda row: (
            row['position'], row['from'], row['to'], row['transitions'], row['users'], row['median_gap'] or 0),
        # The state after an event is the number of transitions that its path has so far, or -1 outside of a path: a path
        # begins at a view and ends after five transitions, or with the user's events.
        """with lists as (
             select "user", list(event order by time) as events, list(epoch_ms(time) order by time) as times
             from ev group by 1),
           walks as (
             select *, list_reduce(events, lambda states, event: list_append(states, case
               when states[-1] between 0 and 4 then states[-1] + 1 when event = 'view' then 0 else -1 end),
               [-1])[2:] as states from lists),
           moves as (
             select "user", unnest(events) as event, unnest(events[2:] || ['left']) as next, unnest(states) as state,
               unnest(times[2:] || [null]) - unnest(times) as gap from walks)
           select state + 1, event, next, count(*), count(distinct "user"), coalesce(floor(median(gap)), 0) / 1000
           from moves where state between 0 and 4 group by 1, 2, 3""",
        """with lists as (
             select user, arraySort((event, time) -> time, groupArray(event) as e, groupArray(time) as t) as events,
               arrayMap(time -> toUnixTimestamp64Milli(time), arraySort(t)) as times
             from ev group by user),
           walks as (
             select *, arrayPopFront(arrayFold((states, event) -> arrayPushBack(states, toInt8(multiIf(
               states[-1] between 0 and 4, states[-1] + 1, event = 'view', 0, -1))), events, [toInt8(-1)])) as states
             from lists),
           moves as (
             select user, arrayJoin(arrayZip(events, arrayPushBack(arrayPopFront(events), 'left'), states,
               arrayPushBack(arrayPopFront(arrayDifference(times)), 0))) as move from walks)
           select move.3 + 1 as position, move.1 as event, move.2 as next, count(), uniqExact(user),
             floor(arrayAvg(arraySlice(arraySort(groupArray(move.4)) as gaps, intDiv(length(gaps) + 1, 2),
               2 - length(gaps) % 2))) / 1000
           from moves where move.3 between 0 and 4 group by position, event, next""",
        against=('funnel', 5)),
]
