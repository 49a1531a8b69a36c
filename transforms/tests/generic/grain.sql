{% test grain(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as found_rows
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
