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
# Three factors of two levels each: the difference of differences at u minus that at v, in one task and in two.
eight <- c(four, -four)
out$three <- list(
  test(c(9, 2, 3, 8, 4, 5, 6, 3), c(10, 10, 9, 10, 10, 10, 10, 11), eight),
  test(c(12, 0, 1, 12, 6, 7, 5, 6), rep(12, 8), eight),
  test(c(5, 1, 2, 4, 2, 3, 3, 2, 3, 0, 5, 5, 1, 2, 2, 1), c(6, 5, 6, 6, 6, 6, 4, 6, 6, 6, 6, 5, 6, 6, 3, 6), rep(eight, 2) / 2))
# Within a margin: two one-sided tests of a difference of differences of 200 programs each.
within <- function(x, n, w, margin) {
  p <- (x + 1) / (n + 2); middle <- sum(w * p); se <- sqrt(sum(w^2 * p * (1 - p) / (n + 2)))
  list(passed = x, made = n, margin = margin, ci = middle + c(-1, 1) * qnorm(0.95) * se,
       p = max(pnorm((middle + margin) / se, lower.tail = FALSE), pnorm((middle - margin) / se)))
}
out$within <- within(c(180, 182, 179, 184), rep(200, 4), four, 0.15)
of <- c(0.4, 0.2, 0.6, -0.2, 0.4, 0.2)
t <- t.test(of)
out$over <- list(values = of, estimate = as.vector(t$estimate), p = t$p.value, ci = as.vector(t$conf.int))
cat(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "\n")
