{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ delete_changed_calls() }}"
    )
}}

with mentions as (
    select *
    from {{ ref('stg_gong__call_tracker_occurrences') }}
    where {{ is_row_to_build(ref('stg_gong__call_tracker_occurrences')) }}
),

trackers as (
    select
        call_id,
        tracker_id,
        tracker_name,
        tracker_type
    from {{ ref('stg_gong__call_trackers') }}
    where {{ is_row_to_build(ref('stg_gong__call_trackers')) }}
),

phrases as (
    select
        call_id,
        tracker_id,
        phrase_index,
        phrase
    from {{ ref('stg_gong__call_tracker_phrases') }}
    where {{ is_row_to_build(ref('stg_gong__call_tracker_phrases')) }}
)

select
    mention.call_id,
    mention.tracker_id,
    mention.occurrence_index,
    calls.started_on,
    calls.host_user_id,
    calls.team_id,
    tracker.tracker_name,
    tracker.tracker_type,
    phrase.phrase,
    mention.start_seconds,
    mention.speaker_id,
    speaker.party_index,
    speaker.speaker_user_id,
    speaker.speaker_name,
    coalesce(speaker.speaker_role, 'unknown') as speaker_role,
    coalesce(speaker.speaker_affiliation, 'unknown') as speaker_affiliation
from mentions as mention
inner join {{ ref('int_calls__current') }} as calls
    on mention.call_id = calls.call_id
left join trackers as tracker
    on
        mention.call_id = tracker.call_id
        and mention.tracker_id = tracker.tracker_id
left join phrases as phrase
    on
        mention.call_id = phrase.call_id
        and mention.tracker_id = phrase.tracker_id
        and mention.phrase_index = phrase.phrase_index
left join {{ ref('int_calls__speakers') }} as speaker
    on
        mention.call_id = speaker.call_id
        and mention.speaker_id = speaker.speaker_id
