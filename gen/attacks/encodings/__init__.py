"""How the words of an order can be written so that they hide, and be read again."""
