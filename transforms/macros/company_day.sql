{% macro company_time_zone() -%}
    {%- set setting = env_var('GONG_ELT_COMPANY_TIME_ZONE', '') -%}
    {%- set zone = var('company_time_zone', '') or setting or 'UTC' -%}
    {%- if not modules.re.match('^[A-Za-z0-9_+/-]+$', zone) -%}
        {{ exceptions.raise_compiler_error('Not a time zone: ' ~ zone) }}
    {%- endif -%}
    {{ zone }}
{%- endmacro %}

{% macro company_day(instant) -%}
    {{ adapter.dispatch('company_day')(instant) }}
{%- endmacro %}

{% macro default__company_day(instant) -%}
    cast({{ instant }} at time zone '{{ company_time_zone() }}' as date)
{%- endmacro %}

{% macro snowflake__company_day(instant) -%}
    cast(convert_timezone('{{ company_time_zone() }}', {{ instant }}) as date)
{%- endmacro %}

{% macro bigquery__company_day(instant) -%}
    date({{ instant }}, '{{ company_time_zone() }}')
{%- endmacro %}
