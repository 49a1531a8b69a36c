{% macro run_instant() -%}
    {#- while models are parsed no instant is read: another one would make dbt parse them again -#}
    {%- set setting = env_var('GONG_ELT_NOW', '') if execute else '' -%}
    {%- set now = var('now', '') or setting or run_started_at.isoformat() -%}
    cast('{{ now | replace("'", "") }}' as timestamp with time zone)
{%- endmacro %}
