"""Operations on the generic CRM integration."""
