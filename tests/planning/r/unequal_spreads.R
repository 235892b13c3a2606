# Programs an arm for Welch's and for the pooled test, 80 % power at a difference of 1; run:
# Rscript unequal_spreads.R > unequal_spreads.csv (stats only). Welch's by the noncentral t with his degrees of freedom.
welch <- function(n, a, b) {
  v <- a^2 / n + b^2 / n; df <- v^2 / ((a^2 / n)^2 / (n - 1) + (b^2 / n)^2 / (n - 1)); t <- qt(0.975, df)
  pt(-t, df, 1 / sqrt(v)) + pt(t, df, 1 / sqrt(v), lower.tail = FALSE)
}
needed <- function(a, b) { n <- 2; while (welch(n, a, b) < 0.8) n <- n + 1; n }
# A pilot of 23 and 5 programs, in which the arms' own spreads are these, and what they really are.
own <- c(0.81, 3.14); true <- c(0.8, 2.92); programs <- c(23, 5)
pooled <- sqrt(sum((programs - 1) * own^2) / (sum(programs) - 2))
equal <- ceiling(power.t.test(delta = 1, sd = pooled, power = 0.8, strict = TRUE)$n)
# How often t.test() finds the difference in studies of each size, the spreads being the true ones.
set.seed(20261126)
found <- function(n) mean(replicate(20000, t.test(rnorm(n, 1, true[1]), rnorm(n, 0, true[2]))$p.value < 0.05))
cat("spreads,a,b,replicates,power,simulated\n")
cat("own", own, needed(own[1], own[2]), welch(needed(own[1], own[2]), own[1], own[2]), found(needed(own[1], own[2])), sep = ","); cat("\n")
cat("true", true, needed(true[1], true[2]), welch(needed(true[1], true[2]), true[1], true[2]), found(needed(true[1], true[2])), sep = ","); cat("\n")
cat("pooled", pooled, pooled, equal, welch(equal, pooled, pooled), found(equal), sep = ","); cat("\n")
