# Figures for tests/analysis/test_beside_r.py: Rscript tests/analysis/r/beside.R > tests/analysis/r/beside.json
# R 4.2.2 (stats), survival 3.5, jsonlite. The data are made here without chance and are in the output beside the figures.
suppressMessages({library(survival); library(jsonlite)})
out <- list()
t_of <- function(t) list(estimate = if (length(t$estimate) == 2) as.vector(t$estimate[1] - t$estimate[2]) else as.vector(t$estimate),
  se = as.vector(t$stderr), df = as.vector(t$parameter), p = t$p.value, ci = as.vector(t$conf.int))
# Two one-sided tests (Schuirmann 1987), which is what TOSTER::t_TOST reports as its larger p.
tost <- function(..., edge) max(t.test(..., mu = -edge, alternative = "greater")$p.value,
                                t.test(..., mu = edge, alternative = "less")$p.value)

# -- pass rates over tasks: two arms, and three with the correction of Greenhouse and Geisser
passed <- rbind(c(5, 4, 2), c(3, 3, 1), c(5, 5, 5), c(0, 1, 0), c(4, 2, 1), c(2, 1, 2), c(5, 3, 4), c(1, 0, 0))
rates <- passed / 5
three <- anova(lm(rates ~ 1), X = ~1, test = "Spherical")
out$rates <- list(passed = passed, made = 5, pair = t_of(t.test(rates[, 1], rates[, 2], paired = TRUE)),
  tost = list(margin = 0.3, p = tost(rates[, 1], rates[, 2], paired = TRUE, edge = 0.3),
              ci = as.vector(t.test(rates[, 1], rates[, 2], paired = TRUE, conf.level = 0.9)$conf.int)),
  three = three[["G-G Pr"]][1])

# -- log-rank over strata, three groups, some stopped at 3
i <- 1:48
d <- data.frame(group = i %% 3, stratum = (i %/% 3) %% 4)
time <- round(exp(0.3 * d$group + 0.5 * d$stratum / 4 + sin(7 * i)), 4)
d$finished <- time < 3; d$time <- pmin(time, 3)
one <- survdiff(Surv(time, finished) ~ group, d)
strata <- survdiff(Surv(time, finished) ~ group + strata(stratum), d)
out$logrank <- list(time = d$time, finished = d$finished, group = d$group, stratum = d$stratum,
  plain = one$chisq, stratified = strata$chisq, p = pchisq(strata$chisq, 2, lower.tail = FALSE))

# -- synergy: log ratios of a team and of its nominal group, in one task, over tasks that are a sample, and over two fixed ones
log_ratios <- function(task, shift, n) round(-0.3 - shift + 0.4 * sin(3 * task + 5 * seq_len(n)) + 0.2 * task %% 3, 4)
team <- lapply(1:6, function(t) log_ratios(t, 0.25, 3 + t %% 2)); nominal <- lapply(1:6, function(t) log_ratios(t + 10, 0, 4))
of <- sapply(team, mean) - sapply(nominal, mean)
two <- lapply(1:2, function(t) list(a = team[[t]], b = nominal[[t]]))
parts <- unlist(lapply(two, function(x) c(var(x$a) / length(x$a), var(x$b) / length(x$b)) / 4))
left <- unlist(lapply(two, function(x) c(length(x$a), length(x$b)) - 1))
estimate <- mean(of[1:2]); se <- sqrt(sum(parts)); df <- sum(parts)^2 / sum(parts^2 / left)
out$synergy <- list(team = team, nominal = nominal,
  one = t_of(t.test(team[[1]], nominal[[1]])),
  fixed = list(estimate = estimate, se = se, df = df, p = 2 * pt(-abs(estimate / se), df),
               ci = estimate + c(-1, 1) * qt(0.975, df) * se),
  over = t_of(t.test(of)),
  tost = list(margin = 1.6, one = tost(team[[1]], nominal[[1]], edge = log(1.6)), over = tost(of, edge = log(1.6))))

# -- times over tasks: the paired comparison of two arms and its two one-sided tests
y <- outer(1:7, 1:2, function(t, a) round(sin(2 * t) + 0.1 * a + 0.15 * cos(5 * t + 3 * a), 4))
out$times <- list(mean = y, pair = t_of(t.test(y[, 1], y[, 2], paired = TRUE)),
  tost = list(margin = 1.3, p = tost(y[, 1], y[, 2], paired = TRUE, edge = log(1.3))))

# -- an interaction against the margin: a difference of differences, each cell with its own variance
cells <- lapply(1:4, function(k) round(0.1 * k + 0.3 * sin((3 + k) * 1:(4 + k)), 4))
m <- sapply(cells, mean); v <- sapply(cells, var) / lengths(cells)
e <- m[1] - m[2] - m[3] + m[4]; s <- sqrt(sum(v)); f <- sum(v)^2 / sum(v^2 / (lengths(cells) - 1))
out$interaction <- list(cells = cells, margin = 1.5, ci = exp(e + c(-1, 1) * qt(0.95, f) * s),
  p = max(pt((e + log(1.5)) / s, f, lower.tail = FALSE), pt((e - log(1.5)) / s, f)))
cat(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "\n")
