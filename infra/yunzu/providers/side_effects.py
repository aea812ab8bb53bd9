"""What a provider must ask before it changes anything outside.

One durable record of intent before each change gives two guarantees: a writer that was overtaken
stops here (fencing), and what a crash left half made is recognised as ours on the next run.
"""

from typing import Protocol


class SideEffects(Protocol):
    """Intents of one writer of one environment."""

    def intend(self, kind: str, name: str) -> None:
        """Record durably that this writer is about to change `kind` `name`.

        Raises FencedError when a later writer holds the environment.
        """

    def intended(self, kind: str, name: str) -> bool:
        """Whether an earlier or this writer of the same environment recorded that intent."""
