"""Operations on flows, prospects, tasks, meetings and reported events."""
