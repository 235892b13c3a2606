# Stages' own t tests put together with weights fixed before, and the spread as if nothing differed.
# run: Rscript combination.R > combination.csv      R packages: stats, car (Debian: r-base-core, r-cran-car).
suppressMessages(library(car))
number <- function(x) formatC(x, digits = 15, format = "g")
cat("kind,case,value,low,high\n")
# Three stages of two arms; the second is larger than its weight says.
a <- list(c(3.1, 2.4, 3.9, 2.2), c(2.9, 3.3, 2.1, 4.0, 3.6, 2.8, 3.0), c(3.5, 2.0, 2.7))
b <- list(c(2.0, 2.6, 1.1, 2.9), c(2.2, 3.1, 1.9, 2.4, 1.0, 2.5, 3.2), c(1.8, 2.3, 2.9))
w <- c(4, 5, 5)
z <- function(i, d) {
  t <- (mean(a[[i]]) - mean(b[[i]]) - d) / (sqrt((var(a[[i]]) + var(b[[i]])) / 2) * sqrt(2 / length(a[[i]])))
  qnorm(pt(t, 2 * length(a[[i]]) - 2))
}
for (k in 1:3) {
  sum_of <- function(d) sum(sqrt(w[1:k]) * sapply(1:k, z, d = d)) / sqrt(sum(w[1:k]))
  end <- function(c) uniroot(function(d) sum_of(d) - c, c(-20, 20), tol = 1e-13)$root
  cat("combined", k, number(sum_of(0)), number(end(2.2)), number(end(-2.2)), sep = ","); cat("\n")
}
# The residual of the model in which the question's difference is nothing: unequal numbers in 2 x 2.
y <- c(1.2, 2.3, 0.7, 2.2, 3.9, 4.1, 5.0, 3.3, 6.1, 4.4, 7.9)
cell <- factor(c(1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4))
full <- lm(y ~ 0 + cell)
contrast <- linearHypothesis(full, matrix(c(0.5, 0.5, -0.5, -0.5), 1))
cat("blinded", "contrast", number(sqrt(contrast$RSS[1] / contrast$Res.Df[1])), "", "", sep = ","); cat("\n")
cat("blinded", "omnibus", number(sd(y)), "", "", sep = ","); cat("\n")
