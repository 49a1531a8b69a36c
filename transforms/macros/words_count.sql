{% macro words_count(text) -%}
    case
        when {{ text }} is null then null
        -- A regular expression over every sentence takes longer than all the rest of the table.
        when
            {{ text }} like '%  %'
            or {{ text }} like ' %'
            or {{ text }} like '% '
            or strpos({{ text }}, chr(9)) > 0
            or strpos({{ text }}, chr(10)) > 0
            or strpos({{ text }}, chr(13)) > 0
            then
                case
                    when regexp_replace({{ text }}, '\s+', '', 'g') = '' then 0
                    else
                        length(trim(regexp_replace({{ text }}, '\s+', ' ', 'g')))
                        - length(regexp_replace({{ text }}, '\s+', '', 'g')) + 1
                end
        when {{ text }} = '' then 0
        else length({{ text }}) - length(replace({{ text }}, ' ', '')) + 1
    end
{%- endmacro %}
