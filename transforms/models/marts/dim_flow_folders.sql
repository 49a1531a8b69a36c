select
    user_id,
    folder_id,
    folder_name,
    nullif(parent_folder_id, 'null') as parent_folder_id,
    nullif(creator_user_id, 'null') as creator_user_id,
    visibility
from {{ ref('stg_gong__flow_folders') }}
where not is_deleted
