# Power of paired differences over tasks as R computes it; run: Rscript over_tasks.R > over_tasks.csv (stats only).
number <- function(x) formatC(x, digits = 15, format = "g")
cat("tasks,replicates,apart,program,effect,power,smallest\n")
for (tasks in c(5, 12, 33)) for (r in c(1, 5, 40)) for (apart in c(0.1, 0.3)) for (effect in c(0.1, 0.4)) {
  sd <- sqrt(2 * apart^2 + 2 * 0.4^2 / r)
  power <- power.t.test(n = tasks, delta = effect, sd = sd, type = "paired", strict = TRUE)$power
  smallest <- power.t.test(n = tasks, power = 0.8, sd = sqrt(2) * apart, type = "paired", strict = TRUE,
                           tol = 1e-12)$delta
  cat(tasks, r, apart, 0.4, effect, number(power), number(smallest), sep = ","); cat("\n")
}
