{% macro builds_changed_calls() -%}
    {#- asked for while models run only: what is read while they are parsed makes dbt parse again -#}
    {{ return(execute and env_var('GONG_ELT_DBT_CHANGED_CALLS', 'false') == 'true') }}
{%- endmacro %}

{% macro is_to_build(call_id, loaded_at=none) -%}
    {%- if builds_changed_calls() -%}
        {{ call_id }} in (select call_id from {{ target.schema }}.changed_calls)
        {%- set first = env_var('GONG_ELT_DBT_CHANGED_SINCE', '') if loaded_at else '' -%}
        {%- if first %}
            -- implied by it, and DuckDB then reads the end of a wide table alone
            and {{ loaded_at }} >= cast('{{ first }}' as timestamp with time zone)
        {%- endif %}
    {%- else -%}
        true
    {%- endif -%}
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
