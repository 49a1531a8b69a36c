"""Operations on calls: lists, transcripts, access, associations, uploads."""
