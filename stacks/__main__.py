"""What `pulumi up` runs: the program of the environment that the selected stack is named after.

The same callable that the engine runs, with the blueprint derived from the manifests and the running
centre, so a stack can be looked at (and taken over) with nothing but Pulumi.
"""

import pulumi

from yunzu_stacks.plain import enter_project, program_of

enter_project()
program_of(pulumi.get_stack())()
