# Two-sided group-sequential bounds for a normal statistic, by multivariate normal probabilities instead of recursion.
# run: Rscript bounds.R > bounds.csv      R packages: stats, mvtnorm (Debian: r-base-core, r-cran-mvtnorm).
library(mvtnorm)
of <- function(t, a) 4 - 4 * pnorm(qnorm(1 - a / 4) / sqrt(t))
pocock <- function(t, a) a * log(1 + (exp(1) - 1) * t)
inside <- function(b, t) {
  if (length(b) == 1) return(1 - 2 * pnorm(-b))
  r <- outer(t, t, function(x, y) sqrt(pmin(x, y) / pmax(x, y)))
  pmvnorm(-b, b, corr = r, algorithm = Miwa(steps = 512))[1]
}
cat("spending,alpha,looks,look,fraction,bound\n")
for (name in c("obrien-fleming", "pocock")) for (alpha in c(0.05, 0.01)) for (t in list(c(1, 2) / 2, c(1, 2, 3) / 3, c(0.3, 0.45, 0.7, 1), (1:5) / 5)) {
  spend <- if (name == "pocock") pocock else of
  b <- c()
  for (i in seq_along(t)) {
    target <- 1 - spend(t[i], alpha)
    lower <- if (i == 1) 1 else 0.5
    root <- uniroot(function(x) inside(c(b, x), t[1:i]) - target, c(lower, 7.5), tol = 1e-10)$root
    b <- c(b, root)
    cat(name, alpha, length(t), i, formatC(t[i], digits = 17, format = "g"), formatC(root, digits = 12, format = "g"), sep = ","); cat("\n")
  }
}
