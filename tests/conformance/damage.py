"""What the readers raise where bytes are not as src/format/FORMAT.md has them."""


class Damaged(Exception):
    """The bytes are not as the page says."""


def check(truth: bool, what: str) -> None:
    if not truth:
        raise Damaged(what)
