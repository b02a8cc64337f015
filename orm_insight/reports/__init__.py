"""Reports: one trace analysed, two compared, many gathered."""
