select
    tracker_id,
    tracker_name,
    workspace_id,
    affiliation,
    is_part_of_question,
    said_at as said_when,
    said_at_interval as said_within,
    said_at_unit as said_within_unit,
    said_in_topics,
    filter_query,
    created_at,
    creator_user_id,
    updated_at,
    updater_user_id,
    _deleted_at is not null as is_deleted,
    _loaded_at
from {{ source('gong', 'trackers') }}
