"""The operations of the API: routes and handlers, by area."""
