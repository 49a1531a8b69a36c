{% macro calendar_first_day() -%}
    cast('1990-01-01' as date)
{%- endmacro %}

{% macro calendar_last_day() -%}
    cast(
        date_trunc('year', {{ company_day(run_instant()) }}) + interval '11 years' - interval '1 day'
        as date
    )
{%- endmacro %}
