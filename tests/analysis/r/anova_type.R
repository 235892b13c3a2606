# The ANOVA-type statistic with Box's degrees of freedom (Brunner, Dette & Munk 1997), matrices written out.
# Rscript anova_type.R > anova_type.json
data <- list(c(1.2, 0.7, 3.1), c(0.4, 0.9, 0.5, 0.8, 0.6), c(2.2, 3.1, 2.6),
  c(1.1, 1.3, 0.8, 1.9), c(0.2, 2.9, 1.7, 1.4, 0.3, 2.2), c(1.0, 1.6, 1.2))
centre <- function(n) diag(n) - matrix(1 / n, n, n)
average <- function(n) matrix(1 / n, n, n)
n <- sapply(data, length)
m <- sapply(data, mean)
V <- diag(sapply(data, var) / n)
one <- function(T) {
  TV <- T %*% V
  D <- diag(diag(T))
  L <- diag(1 / (n - 1))
  tr <- sum(diag(TV))
  sprintf('{"statistic": %.12g, "df_num": %.12g, "df_den": %.12g, "rank": %d}',
    drop(t(m) %*% T %*% m) / tr, tr^2 / sum(diag(TV %*% TV)),
    sum(diag(D %*% V))^2 / sum(diag(D %*% D %*% V %*% V %*% L)), qr(T)$rank)
}
cat('{"data": [', paste(sapply(data, function(x) paste0("[", paste(x, collapse = ", "), "]")), collapse = ", "), '], "terms": {\n', sep = "")
cat('"A":', one(kronecker(centre(3), average(2))), ',\n')
cat('"B":', one(kronecker(average(3), centre(2))), ',\n')
cat('"A:B":', one(kronecker(centre(3), centre(2))), '}}\n')
