# Figures for tests/analysis/test_contrasts_r.py: Rscript tests/analysis/r/contrasts.R > tests/analysis/r/contrasts.json
# R 4.2.2, emmeans 1.8, nlme 3.1, jsonlite. The data are made here without chance and are in the output.
suppressMessages({library(emmeans); library(nlme); library(jsonlite)})
sizes <- c(3, 4, 6, 5, 4, 7); spread <- c(0.1, 0.3, 0.2, 0.5, 0.15, 0.4); centre <- c(0, 0.4, 1.1, 1.7, -0.2, 1.1)
d <- do.call(rbind, lapply(1:6, function(i) data.frame(
  agents = c("1", "3", "8")[(i + 1) %/% 2], prompt = c("long", "short")[2 - i %% 2], replicate = 1:sizes[i],
  seconds = round(exp(centre[i] + spread[i] * sin(3.7 * (1:sizes[i]) + i)), 6))))
d$machine <- c("one", "two")[1 + d$replicate %% 2]
d$treatment <- interaction(d$agents, d$prompt); d$agents <- factor(d$agents); d$prompt <- factor(d$prompt)
d$y <- log(d$seconds)
rows <- function(c) lapply(seq_len(nrow(c)), function(i) as.list(c[i, ]))
named <- function(s) { s <- as.data.frame(s); names(s)[names(s) %in% c("lower.CL", "upper.CL")] <- c("low", "high"); s }
table <- function(pairs, level) {
  t <- named(summary(pairs, infer = c(TRUE, TRUE), level = level, adjust = "none"))
  tukey <- named(confint(pairs, level = level, adjust = "tukey")); bonferroni <- named(confint(pairs, level = level, adjust = "bonferroni"))
  rows(data.frame(contrast = as.character(t$contrast), estimate = t$estimate, se = t$SE, df = t$df, p = t$p.value,
    low = t$low, high = t$high, tukey_low = tukey$low, tukey_high = tukey$high,
    bonferroni_low = bonferroni$low, bonferroni_high = bonferroni$high))
}
over <- function(fit, names, ...) {  # contrasts of agents from means of treatments
  e <- emmeans(fit, "treatment", ...)
  first <- levels(d$treatment); agents <- sub("\\..*", "", first)
  w <- function(a, b) (agents == a) / 2 - (agents == b) / 2
  contrast(e, list("1 - 3" = w("1", "3"), "1 - 8" = w("1", "8"), "3 - 8" = w("3", "8")))
}
asked <- 0.05 / 3
# Each treatment with a variance of its own: by gls, whose variances are found numerically (df to 1e-3), and written out.
fit <- gls(y ~ treatment, d, weights = varIdent(form = ~ 1 | treatment), control = glsControl(tolerance = 1e-12, msTol = 1e-12))
gls_rows <- lapply(suppressMessages(table(over(fit, mode = "satterthwaite"), 0.95)), function(r) r[c("contrast", "estimate", "se", "df", "p")])
n <- tapply(d$y, d$treatment, length); v <- tapply(d$y, d$treatment, var); m <- tapply(d$y, d$treatment, mean)
agents <- sub("\\..*", "", names(n))
own <- function(a, b) {
  w <- (agents == a) / 2 - (agents == b) / 2; parts <- w^2 * v / n; used <- w != 0
  se <- sqrt(sum(parts)); df <- sum(parts)^2 / sum((parts^2 / (n - 1))[used]); estimate <- sum(w * m)
  half <- se * qtukey(1 - asked, 3, df) / sqrt(2)
  list(contrast = paste(a, "-", b), estimate = estimate, se = se, df = df, p = 2 * pt(-abs(estimate / se), df),
       tukey_low = estimate - half, tukey_high = estimate + half)
}
one <- lm(y ~ agents * prompt, d)
blocks <- lm(y ~ machine + agents * prompt, d)
levels_of <- function(fit) suppressMessages(pairs(emmeans(fit, "agents")))
cat(toJSON(list(
  data = d[c("machine", "agents", "prompt", "replicate", "seconds")], level = asked,
  pooled = table(levels_of(one), 0.95), pooled_third = table(levels_of(one), 1 - asked),
  gls = gls_rows, own_third = list(own("1", "3"), own("1", "8"), own("3", "8")),
  blocks = table(levels_of(blocks), 0.95), blocks_third = table(levels_of(blocks), 1 - asked)),
  digits = 15, auto_unbox = TRUE, pretty = TRUE), "\n")
