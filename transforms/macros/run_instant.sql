{% macro run_instant() -%}
    {%- set now = var('now', '') or env_var('GONG_ELT_NOW', '') or run_started_at.isoformat() -%}
    cast('{{ now | replace("'", "") }}' as timestamp with time zone)
{%- endmacro %}
