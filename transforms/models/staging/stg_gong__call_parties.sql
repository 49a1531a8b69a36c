select
    call_id,
    party_index,
    party_id,
    email_address,
    name as party_name,
    title as party_title,
    user_id,
    speaker_id,
    affiliation,
    phone_number,
    methods,
    _loaded_at,
    {{ row_place() }} as _place
from {{ source('gong', 'call_parties') }}
