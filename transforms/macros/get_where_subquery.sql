{% macro get_where_subquery(relation) -%}
    {#- dbt asks this macro for the rows that a test with `where` looks at -#}
    {%- set where = config.get('where') or '' -%}
    {%- set condition = where.removeprefix('is_to_build').removeprefix(' and ') -%}
    {%- if where.startswith('is_to_build') -%}
        {{ rows_to_test(relation, condition or 'true') }} as dbt_subquery
    {%- elif where -%}
        (select * from {{ relation }} where {{ where }}) as dbt_subquery
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
