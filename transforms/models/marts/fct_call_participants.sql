{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_changed_calls() }}"
    )
}}

with speakers as (
    select
        call_id,
        speaker_id,
        talk_time_seconds
    from {{ ref('stg_gong__call_speakers') }}
    where {{ is_row_to_build(ref('stg_gong__call_speakers')) }}
)

select
    parties.call_id,
    parties.party_index,
    parties.party_id,
    calls.started_on,
    parties.role,
    parties.affiliation,
    parties.user_id,
    parties.party_name,
    parties.party_title,
    parties.email_address,
    parties.email_domain,
    parties.speaker_id,
    case
        when
            bool_or(parties.speaker_id is not null or speakers.talk_time_seconds > 0)
                over (partition by parties.call_id)
            then parties.speaker_id is null and coalesce(speakers.talk_time_seconds, 0) = 0
    end as is_silent,
    speakers.talk_time_seconds,
    coalesce(sentences.sentences_count, 0) as sentences_count,
    parties.is_invitee,
    parties.is_attendee
from {{ ref('int_calls__parties') }} as parties
inner join {{ ref('int_calls__current') }} as calls
    on parties.call_id = calls.call_id
left join speakers
    on
        parties.call_id = speakers.call_id
        and parties.counted_party_id = speakers.speaker_id
left join {{ ref('int_transcripts__speakers') }} as sentences
    on
        parties.call_id = sentences.call_id
        and parties.counted_speaker_id = sentences.speaker_id
-- a month is published by reading it, and all of the table where its rows are scattered
order by calls.started_on, parties.call_id, parties.party_index
