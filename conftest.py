"""What tests, doctests and the pages in docs/ run under."""

import os

os.environ["LAZYAX_CACHE_DIR"] = "off"  # no test may depend on what was compiled before it

from lazyax.config import config

config.update(key_unused="off")  # the process of the tests ends with keys that it never used
