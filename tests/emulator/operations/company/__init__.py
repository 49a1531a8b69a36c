"""Operations on users, settings, library, coaching, logs and privacy."""
