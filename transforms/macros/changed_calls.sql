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
    {#- A wide table: the ids alone are read first, then the rest of the rows that have them. All
        rows of a call have the instant of their root row, and those of one instant lie together:
        DuckDB leaves out the rest of the table. -#}
    {%- if builds_changed_calls() and target.type == 'duckdb' -%}
        _place in (
            select _place from {{ rows }}
            where
                {{ is_to_build('call_id') }}
                and _loaded_at in (select loaded_at from {{ target.schema }}.changed_landings)
        )
    {%- else -%}
        {{ is_to_build('call_id') }}
    {%- endif -%}
{%- endmacro %}

{% macro is_built_row_to_build(day_condition) -%}
    {#- The rows of a day lie together, more or less: DuckDB leaves out the rest of the table. -#}
    {{ is_to_build('call_id') }} and {{ day_condition }}
{%- endmacro %}

{% macro rows_to_test(relation, condition) -%}
    {#- rows of calls that are not built again are as they were when they were tested: only of a
        test that has found some of them all are counted again -#}
    {%- set found_rows = env_var('GONG_ELT_DBT_WARNED_TESTS', '').split() if execute else [] -%}
    {%- if builds_changed_calls() and model.name not in found_rows -%}
        (
            select * from {{ relation }}
            where {{ is_built_row_to_build(day_is_changed()) }} and {{ condition }}
            union all
            select * from {{ relation }}
            where {{ is_built_row_to_build('started_on is null') }} and {{ condition }}
        )
    {%- else -%}
        (select * from {{ relation }} where {{ condition }})
    {%- endif -%}
{%- endmacro %}

{% macro day_is_changed() -%}
    started_on in (select started_on from {{ target.schema }}.changed_days)
{%- endmacro %}

{% macro row_place() -%}
    {{ 'rowid' if target.type == 'duckdb' else 'null' }}
{%- endmacro %}

{% macro delete_changed_calls() -%}
    {%- if builds_changed_calls() -%}
        delete from {{ this }} where {{ is_built_row_to_build(day_is_changed()) }};
        delete from {{ this }} where {{ is_built_row_to_build('started_on is null') }}
    {%- endif -%}
{%- endmacro %}

{% macro should_full_refresh() -%}
    {#- dbt asks this macro; without the variable an incremental model is built whole, as others -#}
    {{ return(not builds_changed_calls()) }}
{%- endmacro %}
