"""What domains share: ids and finding by id, searching, checks of values, drawing from words."""
