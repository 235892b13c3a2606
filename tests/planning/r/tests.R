# p values of the tests that are simulated, for three small data sets; run: Rscript tests.R > tests.csv
# R packages: stats, car (Debian: r-base-core, r-cran-car).
suppressMessages(library(car))
sets <- list(
  a = list(counts = c(3, 4, 5), y = c(1.2, 0.7, 2.9, 2.2, 1.1, 3.8, 0.3, 4.1, 2.6, 3.3, 5.9, 1.7)),
  b = list(counts = c(2, 2, 6), y = c(0.11, 0.52, 9.1, 4.4, 1.5, 1.9, 2.3, 0.8, 7.2, 3.6)),
  c = list(counts = c(8, 7), y = c(3.1, 4.7, 2.2, 5.8, 6.4, 1.9, 3.3, 4.0, 5.5, 7.9, 6.2, 4.8, 9.7, 5.1, 8.8)))
cat("set,test,p\n")
for (name in names(sets)) {
  s <- sets[[name]]
  g <- factor(rep(seq_along(s$counts), s$counts)); y <- s$y
  p <- c(f = oneway.test(y ~ g, var.equal = TRUE)$p.value, welch = oneway.test(y ~ g)$p.value,
         kruskal = kruskal.test(y, g)$p.value, brown_forsythe = leveneTest(y, g)[1, 3],
         shapiro = shapiro.test(residuals(lm(y ~ g)))$p.value,
         contrast = summary(lm(y ~ relevel(g, ref = "1")))$coefficients[2, 4])
  for (t in names(p)) cat(name, ",", t, ",", formatC(p[[t]], digits = 17, format = "g"), "\n", sep = "")
}
