# Several tasks: what lmerTest and car say of tests/analysis/r/tasks_*.csv, kept in tasks.json beside this file.
# Rscript tasks.R (R 4.2, lme4, lmerTest, car, jsonlite)
suppressMessages({library(lmerTest); library(car); library(jsonlite)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5),
                       check.conv.singular = "ignore")
one <- function(name) {
  d <- read.csv(file.path(here, name), colClasses = c(task = "factor", a = "factor", b = "factor"))
  d$cell <- interaction(d$a, d$b, drop = TRUE)
  contrasts(d$a) <- contr.sum(nlevels(d$a)); contrasts(d$b) <- contr.sum(nlevels(d$b))
  m <- lmer(y ~ a * b + (1 | task) + (1 | task:cell), d, control = control)
  v <- as.data.frame(VarCorr(m))
  value <- function(g) v$vcov[v$grp == g]
  f <- as.data.frame(anova(m, type = 3))
  fixed <- as.data.frame(Anova(lm(y ~ task * a * b, d), type = 2))
  list(file = name, task = value("task"), task_treatment = value("task:cell"), program = value("Residual"),
       over = data.frame(term = trimws(rownames(f)), df = f$NumDF, df_den = f$DenDF, F = f$`F value`, p = f$`Pr(>F)`),
       fixed = data.frame(term = rownames(fixed), df = fixed$Df, F = fixed$`F value`, p = fixed$`Pr(>F)`))
}
files <- sort(list.files(here, pattern = "^tasks_.*csv$"))
write(toJSON(lapply(files, one), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null"), file.path(here, "tasks.json"))
