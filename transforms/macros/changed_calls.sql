{% macro builds_changed_calls() -%}
    {#- asked for while models run only: what is read while they are parsed makes dbt parse again -#}
    {{ return(execute and env_var('GONG_ELT_DBT_CHANGED_CALLS', 'false') == 'true') }}
{%- endmacro %}

{% macro is_to_build(call_id) -%}
    {%- if builds_changed_calls() -%}
        {{ call_id }} in (select call_id from {{ target.schema }}.changed_calls)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro is_row_to_build(rows) -%}
    {#- a wide table: the ids alone are read first, then the rest of the rows that have them -#}
    {%- if builds_changed_calls() and target.type == 'duckdb' -%}
        _place in (select _place from {{ rows }} where {{ is_to_build('call_id') }})
    {%- else -%}
        {{ is_to_build('call_id') }}
    {%- endif -%}
{%- endmacro %}

{% macro row_place() -%}
    {{ 'rowid' if target.type == 'duckdb' else 'null' }}
{%- endmacro %}

{% macro delete_changed_calls() -%}
    {%- if builds_changed_calls() -%}
        delete from {{ this }} where {{ is_to_build('call_id') }}
    {%- endif -%}
{%- endmacro %}

{% macro should_full_refresh() -%}
    {#- dbt asks this macro; without the variable an incremental model is built whole, as others -#}
    {{ return(not builds_changed_calls()) }}
{%- endmacro %}
