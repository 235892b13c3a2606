# Figures for tests/analysis/test_passing.py: Rscript tests/analysis/r/passing.R > tests/analysis/r/passing.json
# R 4.2.2, lme4 1.1, survival 3.5, emmeans 1.8, exact2x2 1.7.0. Firth's estimates are found here by maximising the
# penalised likelihood directly, so that nothing is shared with the code that is tested.
suppressMessages({library(lme4); library(survival); library(emmeans); library(jsonlite)})
if (dir.exists(Sys.getenv("EXACT2X2"))) for (f in list.files(Sys.getenv("EXACT2X2"), full.names = TRUE)) source(f) else library(exact2x2)
data <- function(name) {
  d <- read.csv(file.path("tests/analysis/data", name), stringsAsFactors = FALSE)
  d$passed <- d$passed == "True"
  if ("censored" %in% names(d)) d$censored <- d$censored == "True"
  d
}
out <- list()

# -- rates, differences
s <- data("separated.csv")
wilson <- function(x, n, level = 0.95) as.vector(suppressWarnings(prop.test(x, n, correct = FALSE, conf.level = level))$conf.int)
x <- tapply(s$passed, s$model, sum); n <- tapply(s$passed, s$model, length)
a <- wilson(x["a"], n["a"]); b <- wilson(x["b"], n["b"]); d <- x["a"] / n["a"] - x["b"] / n["b"]
pa <- x["a"] / n["a"]; pb <- x["b"] / n["b"]
out$rates <- list(a = a, b = b)
out$newcombe <- as.vector(c(d, d - sqrt((pa - a[1])^2 + (b[2] - pb)^2), d + sqrt((a[2] - pa)^2 + (pb - b[1])^2)))
strata <- table(s$model, s$passed, s$temperature)[, c("TRUE", "FALSE"), ]
m <- mantelhaen.test(strata, exact = TRUE)
out$stratified <- list(p = m$p.value, odds_ratio = as.vector(m$estimate))
out$cmh <- local({
  m <- mantelhaen.test(table(s$temperature, s$passed, s$model), correct = FALSE)
  list(statistic = as.vector(m$statistic), df = as.vector(m$parameter), p = m$p.value)
})
out$boschloo <- lapply(list(c(7, 8, 0, 7), c(3, 10, 9, 12), c(0, 5, 5, 5), c(11, 20, 17, 21)), function(v)
  list(x = v, p = boschloo(v[1], v[2], v[3], v[4], tsmethod = "central", control = ucControl(nPgrid = 2000))$p.value))

# -- Firth
firth <- function(formula) {
  x <- model.matrix(formula, s); y <- as.numeric(s$passed)
  value <- function(beta) {
    eta <- as.vector(x %*% beta); p <- plogis(eta)
    sum(y * eta - log1p(exp(eta))) + 0.5 * as.numeric(determinant(crossprod(x * sqrt(p * (1 - p))))$modulus)
  }
  score <- function(beta) {
    p <- plogis(as.vector(x %*% beta)); w <- p * (1 - p)
    h <- rowSums((x %*% solve(crossprod(x * sqrt(w)))) * x) * w
    as.vector(crossprod(x, y - p + h * (0.5 - p)))
  }
  f <- optim(rep(0, ncol(x)), value, score, method = "BFGS", control = list(fnscale = -1, reltol = 1e-16, maxit = 10000))
  eta <- as.vector(x %*% f$par)
  list(value = sum(y * eta - log1p(exp(eta))), beta = f$par)
}
s$model <- factor(s$model); s$temperature <- factor(s$temperature)
options(contrasts = c("contr.sum", "contr.poly"))
full <- firth(~ model * temperature); both <- firth(~ model + temperature)
out$firth <- list(
  model = 2 * (both$value - firth(~ temperature)$value),
  temperature = 2 * (both$value - firth(~ model)$value),
  "model:temperature" = 2 * (full$value - both$value), beta = both$beta)

# -- mixed models
options(contrasts = c("contr.treatment", "contr.poly"))
k <- aggregate(passed ~ task + model, data("many_tasks.csv"), sum); k$n <- 5
k$cell <- interaction(k$task, k$model)
control <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-10, maxfun = 1e6))
one <- glmer(cbind(passed, n - passed) ~ model + (1 | task) + (1 | cell), k, binomial, control = control)
none <- glmer(cbind(passed, n - passed) ~ 1 + (1 | task) + (1 | cell), k, binomial, control = control)
sd <- as.data.frame(VarCorr(one))
out$glmer <- list(chi_sq = as.vector(2 * (logLik(one) - logLik(none))), beta = as.vector(fixef(one)),
  task = sd$sdcor[sd$grp == "task"], cell = sd$sdcor[sd$grp == "cell"])
tasks <- mantelhaen.test(table(data("many_tasks.csv")$model, !data("many_tasks.csv")$passed, data("many_tasks.csv")$task), exact = TRUE)
out$tasks <- list(p = tasks$p.value, odds_ratio = as.vector(tasks$estimate))

# -- time-outs
l <- data("late.csv"); l <- l[l$passed | l$censored, ]
l$model <- factor(l$model)
aft <- survreg(Surv(seconds, passed) ~ model, l, dist = "lognormal", control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
profile <- function(level) {
  best <- aft$loglik[2]; others <- setdiff(c("b", "c"), level)
  lost <- function(v) {
    l$shift <- v * (l$model == level); l$other <- l$model == others
    f <- survreg(Surv(seconds, passed) ~ other + offset(shift), l, dist = "lognormal",
      control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
    2 * (best - f$loglik[2]) - qchisq(0.95, 1)
  }
  e <- coef(aft)[paste0("model", level)]
  exp(c(e, uniroot(lost, c(e - 3, e), tol = 1e-12)$root, uniroot(lost, c(e, e + 3), tol = 1e-12)$root))
}
out$aft <- list(b = as.vector(profile("b")), c = as.vector(profile("c")),
  p = pchisq(2 * diff(aft$loglik), 2, lower.tail = FALSE))
out$logrank <- survdiff(Surv(seconds, passed) ~ model, l)$chisq
out$rmst <- lapply(setNames(c("a", "b", "c"), c("a", "b", "c")), function(g)
  as.vector(summary(survfit(Surv(seconds, passed) ~ 1, l[l$model == g, ]), rmean = 4)$table[c("rmean", "se(rmean)")]))

# -- trend over agents of the balanced data, and Welch's two one-sided tests by hand from t.test
p <- aggregate(seconds ~ agents + iterations + time_limit + replicate, read.csv("tests/analysis/data/balanced.csv"), mean)
p$o <- factor(paste(p$iterations, p$time_limit)); p$agents <- factor(p$agents)
fit <- lm(seconds ~ agents * o, p)
tr <- as.data.frame(contrast(suppressMessages(emmeans(fit, "agents")), "poly"))[1, ]
out$trend <- list(estimate = tr$estimate, se = tr$SE, df = tr$df, p = tr$p.value)
q <- aggregate(seconds ~ model + replicate, l[l$passed, ], mean)
one_sided <- function(mu, side) t.test(log(q$seconds[q$model == "a"]), log(q$seconds[q$model == "b"]), mu = mu, alternative = side)
out$tost <- list(
  p = max(one_sided(-log(1.5), "greater")$p.value, one_sided(log(1.5), "less")$p.value),
  ci = exp(as.vector(t.test(log(q$seconds[q$model == "a"]), log(q$seconds[q$model == "b"]), conf.level = 0.9)$conf.int)))
cat(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), "\n")
