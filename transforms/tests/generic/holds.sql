{% test holds(model, rule) %}
{{ config(severity='warn') }}

select *
from {{ model }}
where not ({{ rule }})

{% endtest %}
