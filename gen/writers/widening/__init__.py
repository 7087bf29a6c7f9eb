"""What there is is made wider by a model: asked for cell by cell of a grid, checked, and filed."""
