with landed as (
    select {{ company_day('started_at') }} as day_on from {{ source('gong', 'calls') }}
    union
    select {{ company_day('reviewed_at') }} from {{ source('gong', 'answered_scorecards') }}
    union
    select {{ company_day('event_at') }} from {{ source('gong', 'logs') }}
    union
    select from_on from {{ source('gong', 'activity_by_period') }}
    union
    select {{ company_day(run_instant()) }}
    union
    select
        cast(
            date_trunc('year', {{ company_day(run_instant()) }})
            + interval '1 year' - interval '1 day' as date
        )
),

followed as (
    select
        date_on,
        lead(date_on) over (order by date_on) as next_on
    from {{ ref('dim_dates') }}
)

select
    day_on,
    'not in dim_dates' as finding
from landed
where
    day_on between {{ calendar_first_day() }} and {{ calendar_last_day() }}
    and not exists (select 1 from followed where followed.date_on = landed.day_on)

union all

select
    date_on,
    'a day is missing after it'
from followed
where next_on <> date_on + 1
