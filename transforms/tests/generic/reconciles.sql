{% test reconciles(model, expected, measure='count(*)') %}

with compared as (
    select
        {{ measure }} as found,
        ({{ expected }}) as expected
    from {{ model }}
)

select
    found,
    expected
from compared
where found is distinct from expected

{% endtest %}
