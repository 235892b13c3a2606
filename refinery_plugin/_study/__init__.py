"""What is studied: study, levels, settings, task, programs of the design, prices."""
