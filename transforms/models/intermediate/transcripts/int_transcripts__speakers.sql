select
    call_id,
    speaker_id,
    count(*) as sentences_count
from {{ ref('stg_gong__transcript_sentences') }}
where {{ is_to_build('call_id') }}
group by call_id, speaker_id
