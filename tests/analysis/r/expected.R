# Figures that the analysis must give, by R: Rscript tests/analysis/r/expected.R > tests/analysis/r/expected.json
# Debian's r-base, r-cran-car, -lme4, -lmertest, -emmeans, -pwr, -jsonlite, -sandwich. The tests read the output only.
suppressPackageStartupMessages({
  library(car); library(lme4); library(emmeans); library(pwr); library(jsonlite)
})
options(contrasts = c("contr.sum", "contr.poly"), digits = 17)
emm_options(msg.interaction = FALSE)
here <- "tests/analysis/data"
budgets <- c("3 iterations", "8 iterations", "60 s", "120 s")

label <- function(d) {
  d$optimization <- factor(ifelse(is.finite(d$iterations), paste(d$iterations, "iterations"), paste(d$time_limit, "s")),
                           levels = budgets)
  d$agents <- factor(d$agents)
  d$type <- factor(ifelse(grepl("iter", d$optimization), "iterations", "time"))
  d$level <- factor(ifelse(d$optimization %in% c("3 iterations", "60 s"), "tight", "loose"), levels = c("tight", "loose"))
  d$treatment <- droplevels(interaction(d$agents, d$optimization, lex.order = TRUE, sep = "/"))
  d
}
from_csv <- function(name) {
  d <- read.csv(file.path(here, paste0(name, ".csv")))
  d$iterations <- as.numeric(d$iterations); d$time_limit <- as.numeric(d$time_limit)
  d$machine <- "one"
  label(d)
}
from_json <- function(names) {
  rows <- list()
  for (name in names) {
    j <- fromJSON(file.path(here, paste0(name, ".json")), simplifyVector = FALSE)
    for (b in j$benchmarks) {
      e <- b$extra_info
      s <- unlist(b$stats$data)
      rows[[length(rows) + 1]] <- data.frame(
        agents = e$treatment$agents, optimization = e$treatment$optimization, replicate = e$replicate, list = e$list,
        run = seq_along(s), seconds = s, passed = "True", machine = j$machine_info$node)
    }
  }
  d <- do.call(rbind, rows)
  d$iterations <- ifelse(grepl("iter", d$optimization), as.numeric(sub(" .*", "", d$optimization)), Inf)
  d$time_limit <- ifelse(grepl("iter", d$optimization), Inf, as.numeric(sub(" .*", "", d$optimization)))
  label(d)
}

per_program <- function(d, value = function(d) d$seconds, by_machine = TRUE) {
  d$value <- value(d)
  keys <- c("agents", "optimization", "type", "level", "treatment", "replicate", if (by_machine) "machine")
  aggregate(reformulate(keys, "value"), d, mean)
}

terms_of <- function(table, residual_ss, total_ss, mse) {
  out <- list()
  for (t in setdiff(rownames(table), c("Residuals", "(Intercept)"))) {
    df <- table[t, "Df"]; ss <- table[t, "Sum Sq"]
    out[[trimws(t)]] <- list(df = df, sum_sq = ss, F = table[t, grep("^F", colnames(table))],
      p = table[t, "Pr(>F)"], partial_eta_sq = ss / (ss + residual_ss), omega_sq = (ss - df * mse) / (total_ss + mse))
  }
  out
}

anovas <- function(p, formula) {
  m <- lm(formula, p)
  rss <- sum(resid(m)^2); mse <- rss / df.residual(m); total <- sum((p$value - mean(p$value))^2)
  one <- as.data.frame(anova(m)); two <- as.data.frame(Anova(m, type = 2)); three <- as.data.frame(Anova(m, type = 3))
  for (x in c("two", "three")) { t <- get(x); names(t)[names(t) == "F value"] <- "F"; assign(x, t) }
  two$`Sum Sq` <- two[["Sum Sq"]]; three$`Sum Sq` <- three[["Sum Sq"]]
  list(residual = list(df = df.residual(m), sum_sq = rss),
       `1` = terms_of(one, rss, total, mse), `2` = terms_of(two, rss, total, mse), `3` = terms_of(three, rss, total, mse))
}

hc3 <- function(p, formula) {
  m <- lm(formula, p)
  one <- function(type) {
    t <- suppressMessages(as.data.frame(Anova(m, type = type, white.adjust = "hc3")))
    t <- t[setdiff(rownames(t), c("Residuals", "(Intercept)")), ]
    lapply(setNames(rownames(t), rownames(t)), function(n) list(F = t[n, "F"], p = t[n, "Pr(>F)"]))
  }
  list(`2` = one(2), `3` = one(3))
}

means_and_pairs <- function(p, formula, factors) {
  m <- lm(formula, p)
  out <- list(means = list(), pairs = list())
  for (f in factors) {
    e <- emmeans(m, f)
    s <- as.data.frame(summary(e))
    out$means[[f]] <- lapply(seq_len(nrow(s)), function(i) list(level = as.character(s[i, f]), estimate = s$emmean[i],
      se = s$SE[i], df = s$df[i], ci_low = s$lower.CL[i], ci_high = s$upper.CL[i]))
    q <- as.data.frame(summary(pairs(e, adjust = "tukey"), infer = c(TRUE, TRUE)))
    ab <- combn(as.character(s[[f]]), 2)
    out$pairs[[f]] <- lapply(seq_len(nrow(q)), function(i) list(a = ab[1, i], b = ab[2, i], difference = q$estimate[i],
      se = q$SE[i], ci_low = q$lower.CL[i], ci_high = q$upper.CL[i], p = q$p.value[i]))
  }
  out
}

games_howell <- function(p, f) {
  cells <- aggregate(value ~ treatment, p, function(v) c(mean = mean(v), var = var(v), n = length(v)))
  of <- p[match(cells$treatment, p$treatment), f]
  v <- cells$value
  levels <- levels(droplevels(p[[f]]))
  ab <- combn(levels, 2)
  lapply(seq_len(ncol(ab)), function(i) {
    w <- (of == ab[1, i]) / sum(of == ab[1, i]) - (of == ab[2, i]) / sum(of == ab[2, i])
    parts <- w^2 * v[, "var"] / v[, "n"]
    se <- sqrt(sum(parts)); use <- w != 0
    df <- sum(parts)^2 / sum((parts^2 / (v[, "n"] - 1))[use])
    d <- sum(w * v[, "mean"])
    list(a = ab[1, i], b = ab[2, i], difference = d, se = se, df = df,
         p = ptukey(abs(d) / se * sqrt(2), length(levels), df, lower.tail = FALSE),
         critical = qtukey(0.95, length(levels), df))
  })
}

components <- function(d, formula = value ~ treatment + (1 | program) + (1 | list) + (1 | program:list)) {
  d$program <- factor(paste(d$treatment, d$replicate, d$machine)); d$list <- factor(d$list)
  best <- NULL
  for (control in list(lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e5)),
                       lmerControl(optimizer = "Nelder_Mead", optCtrl = list(FtolAbs = 1e-14, XtolRel = 1e-12, maxfun = 1e5)))) {
    m <- suppressWarnings(suppressMessages(lmer(formula, d, control = control)))
    if (is.null(best) || REMLcrit(m) < REMLcrit(best)) best <- m
  }
  v <- as.data.frame(VarCorr(best))
  get <- function(g) v$vcov[v$grp == g]
  list(program = get("program"), list = get("list"), program_list = get("program:list"), run = get("Residual"),
       criterion = REMLcrit(best))
}

tests <- function(p, formula) {
  m <- lm(formula, p)
  out <- list()
  if (max(table(p$treatment)) > 2) {
    b <- leveneTest(value ~ treatment, p, center = median)
    out$brown_forsythe <- list(statistic = b$`F value`[1], p = b$`Pr(>F)`[1])
  }
  s <- shapiro.test(resid(m)); out$shapiro <- list(statistic = unname(s$statistic), p = s$p.value)
  if (min(table(p$treatment)) > 1) {
    w <- oneway.test(value ~ treatment, p)
    out$welch <- list(statistic = unname(w$statistic), df_num = unname(w$parameter[1]), df_den = unname(w$parameter[2]),
                      p = w$p.value)
  }
  k <- kruskal.test(value ~ treatment, p); out$kruskal <- list(statistic = unname(k$statistic), p = k$p.value)
  out
}

sigma_of <- function(p, formula) {
  m <- lm(formula, p); df <- df.residual(m); ss <- sum(resid(m)^2)
  list(value = sqrt(ss / df), df = df, ci_low = sqrt(ss / qchisq(0.975, df)), ci_high = sqrt(ss / qchisq(0.025, df)))
}

planned <- function(p, formula, blocks) {
  # Holm over the three usual contrasts, from the means of treatments.
  m <- lm(formula, p)
  e <- emmeans(m, "treatment")
  l <- as.character(as.data.frame(e)$treatment)
  agents <- sub("/.*", "", l); budget <- sub(".*/", "", l)
  type <- ifelse(grepl("iter", budget), "iterations", "time")
  level <- ifelse(budget %in% c("3 iterations", "60 s"), "tight", "loose")
  half <- function(x, a, b) (x == a) / sum(x == a) - (x == b) / sum(x == b)
  q <- as.data.frame(summary(contrast(e, list(`agents: 1 - 3` = half(agents, "1", "3"),
    `type: iterations - time` = half(type, "iterations", "time"), `level: tight - loose` = half(level, "tight", "loose"))),
    infer = c(TRUE, TRUE)))
  holm <- p.adjust(q$p.value, "holm")
  lapply(seq_len(nrow(q)), function(i) list(name = as.character(q$contrast[i]), estimate = q$estimate[i], se = q$SE[i],
    df = q$df[i], t = q$t.ratio[i], p = q$p.value[i], p_holm = holm[i], ci_low = q$lower.CL[i], ci_high = q$upper.CL[i]))
}

published <- function(p, effect) {
  sds <- aggregate(value ~ treatment, p, sd)$value
  f <- effect / mean(sds, na.rm = TRUE); k <- nlevels(p$treatment); n <- nrow(p)
  power <- function(n) pf(qf(0.95, k - 1, n - k), k - 1, n - k, f^2 * n, lower.tail = FALSE)
  total <- k + 1; while (power(total) < 0.8) total <- total + 1
  list(f = f, power = power(n), total_required = total,
       per_group = tryCatch(pwr.anova.test(k = k, f = f, sig.level = 0.05, power = 0.8)$n, error = function(e) NULL))
}

failures <- function(d) {
  keys <- unique(d[c("treatment", "replicate", "agents")])
  keys$passed <- mapply(function(t, r) all(d$passed[d$treatment == t & d$replicate == r] == "True"),
                        keys$treatment, keys$replicate)
  t <- table(keys$treatment, factor(keys$passed, levels = c(FALSE, TRUE)))
  out <- list(passed = sum(keys$passed), made = nrow(keys))
  if (sum(!keys$passed) > 0) out$fisher <- fisher.test(t, workspace = 2e7)$p.value
  out$wilson <- lapply(c("1", "2", "3"), function(a) {
    k <- sum(keys$passed[keys$agents == a]); n <- sum(keys$agents == a)
    c(k, n, suppressWarnings(prop.test(k, n, correct = FALSE)$conf.int))
  })
  out
}

everything <- function(d, block = FALSE, full = TRUE) {
  ok <- d[ave(d$passed == "True", d$treatment, d$replicate, d$machine, FUN = all) == 1, ]
  ok$treatment <- droplevels(ok$treatment)
  p <- per_program(ok)
  add <- function(f) if (block) update(f, . ~ machine + .) else f
  base <- add(value ~ agents * optimization); whole <- add(value ~ treatment)
  ok$value <- ok$seconds
  mixed <- if (block) value ~ treatment + machine + (1 | program) + (1 | list) + (1 | program:list) else
    value ~ treatment + (1 | program) + (1 | list) + (1 | program:list)
  out <- list(programs = nrow(p), anova = list(`agents*optimization` = anovas(p, base),
      `agents*type*level` = anovas(p, add(value ~ agents * type * level)),
      `agents + optimization` = anovas(p, add(value ~ agents + optimization))),
    log = anovas(per_program(ok, function(d) log(d$seconds)), base),
    hc3 = hc3(p, base), marginal = means_and_pairs(p, base, c("agents", "optimization")),
    additive = means_and_pairs(p, add(value ~ agents + optimization), c("agents", "optimization")),
    variance = components(ok, mixed), tests = tests(p, base), sigma = sigma_of(p, whole), planned = planned(p, whole),
    published = published(p, 0.5))
  if (!block) out$games_howell <- list(agents = games_howell(p, "agents"), optimization = games_howell(p, "optimization"))
  if (!block) out$failures <- failures(d)
  log_d <- ok; log_d$value <- log(log_d$seconds)
  out$log_variance <- components(log_d, mixed)
  out
}

empty_cells <- function() {
  p <- per_program(from_csv("empty_cells"))
  a <- lm(value ~ agents, p); b <- lm(value ~ optimization, p); ab <- lm(value ~ agents + optimization, p)
  full <- lm(value ~ agents * optimization, p)
  ss <- function(x, y) deviance(x) - deviance(y)
  list(agents = ss(b, ab), optimization = ss(a, ab), interaction = ss(ab, full),
       interaction_df = df.residual(ab) - df.residual(full), residual = deviance(full), residual_df = df.residual(full))
}

crossed <- function() {
  d <- from_json(c("crossed_a", "crossed_b"))
  p <- per_program(d)
  p$program <- factor(paste(p$treatment, p$replicate))
  # The programs' own stratum: machines are crossed with programs.
  s <- summary(aov(value ~ machine + agents * optimization + Error(program), p))[["Error: program"]][[1]]
  rownames(s) <- trimws(rownames(s))
  lapply(setNames(nm = c("agents", "optimization", "agents:optimization")), function(t)
    list(df = s[t, "Df"], F = s[t, "F value"], p = s[t, "Pr(>F)"]))
}

out <- list(
  balanced = everything(from_csv("balanced")), unbalanced = everything(from_csv("unbalanced")),
  heteroscedastic = everything(from_csv("heteroscedastic")), no_list_effect = everything(from_csv("no_list_effect")),
  no_list_effect_ragged = everything(from_csv("no_list_effect_ragged")),
  no_program_effect = everything(from_csv("no_program_effect")),
  two_machines = everything(from_json(c("machine_a", "machine_b")), block = TRUE),
  pilot2025 = everything(from_csv("pilot2025")), empty_cells = empty_cells(), crossed = crossed())
cat(toJSON(out, auto_unbox = TRUE, digits = NA, pretty = TRUE, null = "null"), "\n")
