"""One program against its task: inputs, runs, verdict. Knows neither pytest nor journal."""
