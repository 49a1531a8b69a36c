select
    flow_id,
    user_id,
    visibility
from {{ ref('stg_gong__flow_visibility') }}
where not is_deleted
