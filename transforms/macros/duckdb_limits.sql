{% macro duckdb_limits() -%}
    {#- settings of the profile that differ from those of the last run make dbt parse all of it -#}
    {%- if execute and target.type == 'duckdb' -%}
        set memory_limit = '{{ env_var('GONG_ELT_DBT_MEMORY', '400MB') }}';
        set threads = {{ env_var('GONG_ELT_DBT_DUCKDB_THREADS', '2') | int }};
        set preserve_insertion_order = {{ env_var('GONG_ELT_DBT_KEEPS_ORDER', 'true') }};
    {%- endif -%}
{%- endmacro %}
