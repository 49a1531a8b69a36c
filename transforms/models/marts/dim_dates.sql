with seen as (
    select started_on as day_on from {{ ref('fct_calls') }}
    union all
    select {{ company_day('started_at') }} from {{ ref('stg_gong__calls') }} where is_deleted
    union all
    select {{ company_day('reviewed_at') }} from {{ ref('stg_gong__answered_scorecards') }}
    union all
    select {{ company_day('event_at') }} from {{ ref('stg_gong__logs') }}
    union all
    select from_on from {{ ref('stg_gong__stats_periods') }}
    union all
    select to_on - 1 from {{ ref('stg_gong__stats_periods') }}
    union all
    select cast(date_trunc('year', {{ company_day(run_instant()) }}) as date)
    union all
    select
        cast(
            date_trunc('year', {{ company_day(run_instant()) }})
            + interval '1 year' - interval '1 day' as date
        )
),

span as (
    select
        min(day_on) as first_on,
        max(day_on) as last_on
    from seen
    where day_on between {{ calendar_first_day() }} and {{ calendar_last_day() }}
),

digits as (
    select digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)
),

offsets as (
    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit
        + 10000 * ten_thousands.digit as days
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
),

days as (
    select span.first_on + offsets.days as date_on
    from span
    inner join offsets
        on offsets.days <= span.last_on - span.first_on
)

select
    date_on,
    {{ iso_week_start('date_on') }} as week_start_on,
    cast(date_trunc('month', date_on) as date) as month_start_on,
    cast(date_trunc('quarter', date_on) as date) as quarter_start_on,
    cast(extract(year from date_on) as integer) as year,
    cast(extract(quarter from date_on) as integer) as quarter,
    cast(extract(month from date_on) as integer) as month,
    cast(extract(day from date_on) as integer) as day_of_month,
    cast(extract(isoyear from date_on) as integer) as iso_year,
    cast(extract(week from date_on) as integer) as iso_week,
    cast(extract(isodow from date_on) as integer) as iso_day_of_week,
    case extract(isodow from date_on)
        when 1 then 'Monday'
        when 2 then 'Tuesday'
        when 3 then 'Wednesday'
        when 4 then 'Thursday'
        when 5 then 'Friday'
        when 6 then 'Saturday'
        else 'Sunday'
    end as day_name,
    extract(isodow from date_on) >= 6 as is_weekend
from days
