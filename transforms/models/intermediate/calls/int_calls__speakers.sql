select
    call_id,
    counted_speaker_id as speaker_id,
    party_index,
    user_id as speaker_user_id,
    party_name as speaker_name,
    role as speaker_role,
    affiliation as speaker_affiliation
from {{ ref('int_calls__parties') }}
where counted_speaker_id is not null
