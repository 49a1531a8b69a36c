select
    call_id,
    speaker_id,
    count(*) as sentences_count
from {{ ref('stg_gong__transcript_sentences') }}
where {{ is_row_to_build(ref('stg_gong__transcript_sentences')) }}
group by call_id, speaker_id
