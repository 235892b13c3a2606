"""Run designed experiments on code written by language models, as a pytest plugin."""
