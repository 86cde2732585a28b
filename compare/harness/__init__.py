"""Above the border: what needs live servers; knows no framework and no experiment."""
