"""The features of docs/reference/predict/loyalty.md in pandas, as an analyst would write them: whole columns at a time.

A log is a frame with `user` (a number from 0), `time` (milliseconds since 1970) and `event`, ordered by user and time;
`amount`, `item` and categories where it has them. One row for each user who has an event before the anchor.
"""
import numpy as np
import pandas as pd

DAY = 86_400_000
WINDOWS = (7, 14, 30, 60, 90, 180, 365)


def rhythm(past, goal, anchor, users):
    """The 52 features of the goal's rhythm. `past` holds all events before the anchor, `users` those who have one."""
    goals = past[past['event'] == goal]
    grouped = goals.groupby('user', sort=False)
    out = pd.DataFrame(index=users)
    age, all_age = (anchor - goals['time']) / DAY, (anchor - past['time']) / DAY
    amounts = grouped['amount'].agg(['count', 'sum', 'mean', 'max', 'std', 'first', 'last'])
    times = grouped['time'].agg(['min', 'max'])
    events = past.groupby('user', sort=False)['time'].agg(['min', 'max', 'count'])
    out['recency'] = (anchor - times['max']) / DAY
    out['frequency'] = amounts['count']
    out['monetary'] = amounts['sum']
    out['aov'] = amounts['mean']
    out['amount_max'] = amounts['max']
    out['amount_sd'] = amounts['std']
    out['amount_first'] = amounts['first']
    out['amount_last'] = amounts['last']
    out['amount_trend'] = (out['amount_last'] / out['aov']).replace([np.inf, -np.inf], np.nan)
    out['tenure'] = (anchor - events['min']) / DAY
    days = past[['user']].assign(day=past['time'] // DAY).drop_duplicates()
    out['active_days'] = days.groupby('user', sort=False).size()
    out['event_recency'] = (anchor - events['max']) / DAY
    out['event_count'] = events['count']
    out['frequency'] = out['frequency'].fillna(0)
    out['monetary'] = out['monetary'].fillna(0)
    out['rate'] = out['frequency'] / (out['tenure'] + 1)
    out['spend_rate'] = out['monetary'] / (out['tenure'] + 1)
    weekday = (goals['time'] // DAY + 3) % 7
    by_user = weekday.groupby(goals['user'], sort=False)
    out['weekend_share'] = (weekday >= 5).groupby(goals['user'], sort=False).mean()
    out['last_weekday'] = by_user.last()
    gaps = grouped['time'].diff().dropna() / DAY
    of_user = gaps.groupby(goals['user'].loc[gaps.index], sort=False)
    gap = of_user.agg(['mean', 'std', 'min', 'max', 'last', 'median'])
    for name in gap.columns:
        out[f'gap_{name}'] = gap[name]
    mean = out['gap_mean'].where(out['gap_mean'] > 0)
    out['overdue'] = out['recency'] / mean
    out['gap_cv'] = out['gap_std'] / mean
    out['gap_trend'] = out['gap_last'] / mean
    for half_life in (7, 30, 90):
        decayed = pd.Series(np.exp2(-age / half_life), goals.index)
        out[f'ewma_{half_life}'] = decayed.groupby(goals['user'], sort=False).sum()
    for window in WINDOWS:
        recent = goals[age <= window].groupby('user', sort=False)['amount'].agg(['count', 'sum'])
        out[f'goals_{window}'] = recent['count']
        out[f'spend_{window}'] = recent['sum']
        out[f'events_{window}'] = past[all_age <= window].groupby('user', sort=False).size()
    counts = [name for name in out.columns if name.startswith(('goals_', 'spend_', 'events_', 'ewma_'))]
    out[counts] = out[counts].fillna(0)
    out['trend_30'] = 2 * out['goals_30'] - out['goals_60']
    out['trend_90'] = 2 * out['goals_90'] - out['goals_180']
    return out


def slots(past, anchor, out, kinds, categories):
    """What other kinds of events and frequent values of categories say; and the distinct items."""
    age = (anchor - past['time']) / DAY
    for kind in kinds:
        chosen = past['event'] == kind
        for window in (7, 30, 90):
            recent = past[chosen & (age <= window)].groupby('user', sort=False).size()
            out[f'{kind}_{window}'] = recent.reindex(out.index).fillna(0)
        out[f'{kind}_recency'] = age[chosen].groupby(past['user'][chosen], sort=False).min()
    for category, values in categories.items():
        grouped = past.groupby('user', sort=False)[category]
        last, count = grouped.last(), grouped.count()
        for value in values:
            out[f'last {category} = {value}'] = (last == value).astype(float)
            same = (past[category] == value).groupby(past['user'], sort=False).sum()
            out[f'share of {category} = {value}'] = same / count
    if 'item' in past:
        out['distinct_items'] = past.groupby('user', sort=False)['item'].nunique()
    return out


def season(anchor, out):
    """The day of the year as an angle, for linear models."""
    angle = 2 * np.pi * pd.Timestamp(anchor, unit='ms').dayofyear / 365.25
    out['season_sin'], out['season_cos'] = np.sin(angle), np.cos(angle)
    return out


def histories(past, goal, anchor, users):
    """x, t_x and T in weeks by user, and number and mean of the purchases with a positive amount."""
    goals = past[past['event'] == goal]
    days = goals[['user']].assign(day=goals['time'] // DAY).drop_duplicates()
    of_user = days.groupby('user', sort=False)['day'].agg(['min', 'max', 'count'])
    paid = goals[goals['amount'] > 0].groupby('user', sort=False)['amount'].agg(['count', 'mean'])
    out = pd.DataFrame(index=users)
    out['x'] = of_user['count'] - 1
    out['t_x'] = (of_user['max'] - of_user['min']) / 7
    out['T'] = ((anchor - 1) // DAY - of_user['min']) / 7
    out['m_count'], out['m_mean'] = paid['count'], paid['mean']
    return out
