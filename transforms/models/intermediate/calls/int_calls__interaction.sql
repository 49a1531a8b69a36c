select
    call_id,
    max(case when lower(measure_name) = 'talk ratio' then measure_value end) as talk_ratio,
    max(
        case when lower(measure_name) = 'longest monologue' then measure_value end
    ) as longest_monologue_seconds,
    max(
        case when lower(measure_name) = 'longest customer story' then measure_value end
    ) as longest_customer_story_seconds,
    max(case when lower(measure_name) = 'interactivity' then measure_value end) as interactivity,
    max(case when lower(measure_name) = 'patience' then measure_value end) as patience
from {{ ref('stg_gong__call_interaction_stats') }}
where {{ is_row_to_build(ref('stg_gong__call_interaction_stats')) }}
group by call_id
