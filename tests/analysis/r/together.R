# Figures for tests/analysis/test_together.py: Rscript tests/analysis/r/together.R > tests/analysis/r/together.json
# R 4.2.2 (stats), jsonlite. Each rate has one program more that passed and one that failed (Agresti and Caffo 2000).
suppressMessages(library(jsonlite))
test <- function(x, n, w) {
  p <- (x + 1) / (n + 2); middle <- sum(w * p); se <- sqrt(sum(w^2 * p * (1 - p) / (n + 2)))
  e <- sum(w * x / n); ci <- middle + c(-1, 1) * qnorm(0.975) * se
  list(passed = x, made = n, weights = w, estimate = e, ci = c(min(ci[1], e), max(ci[2], e)), p = 2 * pnorm(-abs(middle / se)))
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
