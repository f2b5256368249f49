"""Work beside the screen: what it cannot do is told, and is never lost with its task."""

from collections.abc import Awaitable, Callable

from textual.dom import DOMNode
from textual.message import Message
from textual.worker import Worker


class WorkFailed(Message):
    """Work ended with an error that it did not deal with itself."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def begin(
    node: DOMNode, work: Callable[[], Awaitable[None]], group: str, *, exclusive: bool = True
) -> Worker[None]:
    """Start `work`; an exclusive one ends what its group has been doing for this node."""

    async def guarded() -> None:
        try:
            await work()
        except Exception as error:
            node.post_message(WorkFailed(error))

    return node.run_worker(guarded, group=group, exclusive=exclusive)
