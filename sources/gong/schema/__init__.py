"""What lands: tables and columns, and how JSON becomes Arrow rows of them."""
