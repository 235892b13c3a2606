"""What designed experiments on generated code prove: ANOVA, power, sample size and cost."""
