"""moto reads a resource's tags by scanning all tags of the region: 40 s for 5,000 instances. They are kept by id."""

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix


def apply() -> None:
    def get_tags(self):
        if not self.id:
            return []
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "")
        found = self.ec2_backend.tags.get(self.id, {})
        return [
            {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
            for key, value in found.copy().items()
        ]

    TaggedEC2Resource.get_tags = get_tags
