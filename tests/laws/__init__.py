"""Laws that every primitive keeps, and the table of primitives that they are tested on."""
