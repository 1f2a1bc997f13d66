"""H: how every pod of a release is hardened, whoever makes it: also a hook, also a job.

The sources are named by meaning: checkov's CKV_K8S, Trivy's KSV, the default checks of kube-linter,
kube-score, the CIS Kubernetes Benchmark, and the hardening guide of NSA and CISA.
"""

from __future__ import annotations

from tests.standards.images import IMAGES
from tests.standards.privileges import PRIVILEGES
from tests.standards.rules import Rules
from tests.standards.running import RUNNING

HARDENING = Rules({**IMAGES, **PRIVILEGES, **RUNNING})
