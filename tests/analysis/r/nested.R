# Figures for tests/analysis/test_nested.py: Rscript tests/analysis/r/nested.R > tests/analysis/r/nested.json
# R 4.2.2 (stats), jsonlite. The data are made here without chance and are in the output beside the figures.
suppressMessages(library(jsonlite))
i <- 1:13
d <- data.frame(agents = ifelse(i <= 6, 1, 3), replicate = c(1:6, 1:7))
d$early <- round(exp(0.6 * sin(3 * i) + 0.1 * d$agents), 5)
d$late <- round(d$early * exp(-0.15 - 0.12 * sin(5 * i) * d$agents), 5)
of <- function(rows) {
  t <- t.test(log(rows$early), log(rows$late), paired = TRUE)
  list(estimate = as.vector(t$estimate), se = as.vector(t$stderr), df = as.vector(t$parameter), p = t$p.value,
       ci = as.vector(t$conf.int))
}
d$difference <- log(d$early) - log(d$late)
fit <- lm(difference ~ 0 + factor(agents), d)
w <- c(0.5, 0.5)
estimate <- sum(w * coef(fit)); se <- sqrt(as.vector(t(w) %*% vcov(fit) %*% w)); df <- fit$df.residual
parts <- w^2 * tapply(d$difference, d$agents, var) / tapply(d$difference, d$agents, length)
own_se <- sqrt(sum(parts)); own_df <- sum(parts)^2 / sum(parts^2 / (tapply(d$difference, d$agents, length) - 1))
# Tasks that are a sample: the t test of the tasks' mean differences, here with the replicates as tasks.
tasks <- subset(d, agents == 1)
over <- t.test(tasks$difference)
cat(toJSON(list(data = d[c("agents", "replicate", "early", "late")], one = of(subset(d, agents == 1)),
  two = list(estimate = estimate, se = se, df = df, p = 2 * pt(-abs(estimate / se), df), sd = summary(fit)$sigma,
             own_se = own_se, own_df = own_df, own_p = 2 * pt(-abs(estimate / own_se), own_df)),
  power = power.t.test(n = 20, delta = 0.2, sd = summary(fit)$sigma, type = "paired", strict = TRUE)$power,
  over = list(estimate = as.vector(over$estimate), se = as.vector(over$stderr), df = as.vector(over$parameter), p = over$p.value)),
  digits = 15, auto_unbox = TRUE, pretty = TRUE), "\n")
