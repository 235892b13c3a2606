# Figures for tests/analysis/test_together.py: Rscript tests/analysis/r/together.R > tests/analysis/r/together.json
# R 4.2.2 (stats), jsonlite. Wilson's limits are prop.test's; p is where a limit reaches 0, found by uniroot.
suppressMessages(library(jsonlite))
wilson <- function(x, n, level) as.vector(suppressWarnings(prop.test(x, n, correct = FALSE, conf.level = level))$conf.int)
mover <- function(x, n, w, level) {
  p <- x / n; l <- mapply(wilson, x, n, MoreArgs = list(level = level)); e <- sum(w * p)
  down <- ifelse(w > 0, p - l[1, ], l[2, ] - p); up <- ifelse(w > 0, l[2, ] - p, p - l[1, ])
  c(e - sqrt(sum((w * down)^2)), e + sqrt(sum((w * up)^2)))
}
test <- function(x, n, w) {
  e <- sum(w * x / n)
  reach <- function(level) { m <- mover(x, n, w, level); if (e > 0) m[1] else m[2] }
  list(passed = x, made = n, weights = w, estimate = e, ci = mover(x, n, w, 0.95),
       p = 1 - uniroot(reach, c(0.001, 1 - 1e-12), tol = 1e-14)$root)
}
four <- c(1, -1, -1, 1)
out <- list(tables = list(
  test(c(9, 2, 3, 4), c(10, 10, 10, 10), four),
  test(c(12, 12, 0, 9), c(12, 12, 12, 11), four),
  test(c(5, 1, 2, 4, 3, 0, 5, 5), c(6, 5, 6, 6, 6, 6, 6, 5), rep(four, 2) / 2)))
of <- c(0.4, 0.2, 0.6, -0.2, 0.4, 0.2)
t <- t.test(of)
out$over <- list(values = of, estimate = as.vector(t$estimate), p = t$p.value, ci = as.vector(t$conf.int))
cat(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "\n")
