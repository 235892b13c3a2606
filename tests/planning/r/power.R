# Power, required sizes and limits as R computes them; run: Rscript power.R > power.csv
# R packages: stats, pwr (Debian: r-base-core, r-cran-pwr). The tests read power.csv and need no R.
library(pwr)
say <- function(kind, ...) {
  given <- list(...)
  full <- c(groups = NA, n = NA, f = NA, df_num = NA, df_den = NA, alpha = NA, target = NA, value = NA)
  full[names(given)] <- unlist(given)
  cat(paste(c(kind, formatC(full, digits = 17, format = "g")), collapse = ","), "\n", sep = "")
}
cat("kind,groups,n,f,df_num,df_den,alpha,target,value\n")

# Power of the omnibus test, balanced.
for (k in c(2, 3, 4, 12, 40)) for (n in c(2, 3, 5, 20, 103)) for (f in c(0.05, 0.1173, 0.25, 0.8)) for (a in c(0.05, 0.001))
  say("omnibus", groups = k, n = n, f = f, alpha = a, value = pwr.anova.test(k = k, n = n, f = f, sig.level = a)$power)

# Replicates per treatment for a target, rounded up.
for (k in c(2, 4, 12)) for (f in c(0.1172894, 0.2872993, 0.5)) for (target in c(0.8, 0.95))
  say("replicates", groups = k, f = f, alpha = 0.05, target = target,
      value = ceiling(pwr.anova.test(k = k, f = f, sig.level = 0.05, power = target)$n))

# A contrast of one degree of freedom: F test with groups (n - 1) in the denominator (pwr.f2.test: f2 = ncp / (u + v + 1)).
for (k in c(2, 4, 8, 12)) for (n in c(2, 5, 13, 49)) for (f in c(0.1, 0.2345788, 0.6)) {
  v <- k * (n - 1)
  say("contrast", groups = k, n = n, f = f, df_num = 1, df_den = v, alpha = 0.05,
      value = pwr.f2.test(u = 1, v = v, f2 = k * n * f^2 / (v + 2), sig.level = 0.05)$power)
}

# Two groups: the t test, with unequal numbers too; "f" is Cohen's d here, "groups" and "n" are the two sizes.
for (a in c(2, 5, 20)) for (b in c(3, 11, 64)) for (d in c(0.2, 0.5, 1.7))
  say("t2n", groups = a, n = b, f = d, alpha = 0.05, value = pwr.t2n.test(n1 = a, n2 = b, d = d, sig.level = 0.05)$power)

# The distribution itself, far out ("f" is the noncentrality).
for (u in c(1, 3, 11)) for (v in c(1, 12, 400)) for (ncp in c(0.5, 8, 60, 400))
  say("tail", f = ncp, df_num = u, df_den = v, alpha = 0.05,
      value = pf(qf(0.05, u, v, lower.tail = FALSE), u, v, ncp, lower.tail = FALSE))

# Limits of sigma = 1: two-sided 95 % and one-sided upper 80 %.
for (df in c(1, 5, 12, 300)) {
  say("sigma_low", df_den = df, value = sqrt(df / qchisq(0.975, df)))
  say("sigma_high", df_den = df, value = sqrt(df / qchisq(0.025, df)))
  say("sigma_upper", df_den = df, value = sqrt(df / qchisq(0.2, df)))
}
