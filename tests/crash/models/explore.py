"""Explicit-state search: breadth first, every state once. One step is one shared load or store, one lock call, or one
write of a block or slot."""

from collections import deque


class Bad(Exception):
    """A violation: message and the step that shows it."""


def put(items, index, value):
    return items[:index] + (value,) + items[index + 1:]


def changed(state, **new):
    copy = state.copy()
    copy.update(new)
    return copy


def explore(initial, step, final=None, limit=12_000_000):
    """step(state) gives [(label, state)]; final(state), asked where nothing can happen any more, gives a complaint or
    None. Returns (number of states, None or (message, trace))."""
    first = tuple(initial.values())
    came_from = {first: None}
    queue = deque([initial])

    def trace(key, last):
        labels = [last]
        while came_from[key] is not None:
            key, label = came_from[key]
            labels.append(label)
        return labels[::-1]

    while queue:
        state = queue.popleft()
        key = tuple(state.values())
        try:
            successors = step(state)
        except Bad as bad:
            return len(came_from), (str(bad.args[0]), trace(key, bad.args[1]))
        if not successors and final:
            complaint = final(state)
            if complaint:
                return len(came_from), (complaint, trace(key, 'END'))
        for label, successor in successors:
            successor_key = tuple(successor.values())
            if successor_key not in came_from:
                came_from[successor_key] = (key, label)
                queue.append(successor)
                if len(came_from) > limit:
                    return len(came_from), ('LIMIT', [])
    return len(came_from), None
