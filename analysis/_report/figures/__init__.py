"""One module a figure: plain data frames in, a `Figure` out."""
