"""What a run says: words, tables, pages and exports, from kept files alone."""
