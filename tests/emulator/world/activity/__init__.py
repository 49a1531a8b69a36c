"""Records derived from calls: comments, reviews, activities, logs."""
