"""What we change in the pinned moto, one module per subject. Every change says what AWS does instead; tests guard each."""

from . import autoscaling, balancers, deletions, images, instances, interfaces, tags

subjects = (tags, images, instances, interfaces, autoscaling, balancers, deletions)


def apply() -> None:
    for subject in subjects:
        subject.apply()


def apply_named(names: set[str]) -> None:
    """Only the subjects named: lets a test see that the plain moto is wrong without one."""
    for subject in subjects:
        if subject.__name__.rsplit(".", 1)[-1] in names:
            subject.apply()
