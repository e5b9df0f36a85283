"""What we change in the pinned moto. Each function is one change with its reason; tests guard each."""


def apply() -> None:
    pass
