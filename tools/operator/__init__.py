"""What an operator runs in an account where Rearm is deployed, with credentials of their own."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

# The functions' own modules say what is in the table; nothing of it is written a second time.
LAMBDA_SOURCE = Path(__file__).resolve().parents[2] / "lambda_src"
if str(LAMBDA_SOURCE) not in sys.path:
    sys.path.insert(0, str(LAMBDA_SOURCE))

if sys.version_info < (3, 11) or find_spec("botocore") is None:
    sys.exit("This needs Python 3.11 or newer with boto3: run `make setup`, or `pip install boto3`.")
