"""expect: error. Ends at import, after printing what success would look like."""
import os

print('{"verdict": "correct"}', flush=True)
os._exit(0)
