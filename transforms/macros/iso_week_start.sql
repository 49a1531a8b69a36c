{% macro iso_week_start(day) -%}
    {{ adapter.dispatch('iso_week_start')(day) }}
{%- endmacro %}

{% macro default__iso_week_start(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro %}

{% macro snowflake__iso_week_start(day) -%}
    dateadd(day, 1 - dayofweekiso({{ day }}), {{ day }})
{%- endmacro %}

{% macro bigquery__iso_week_start(day) -%}
    date_trunc({{ day }}, isoweek)
{%- endmacro %}
