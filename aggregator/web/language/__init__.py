"""Words, catalogues, typography and links of the pages."""
