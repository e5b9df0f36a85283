"""An image has another id in each region; the list we are given names images, the ids come from region and name."""

import hashlib

from moto.ec2.models import amis


def image_id(region: str, name: str) -> str:
    return "ami-" + hashlib.sha256(f"{region}/{name}".encode()).hexdigest()[:17]


def apply() -> None:
    def load_amis(self) -> None:
        for listed in amis.AMIS:
            ami = dict(listed)
            ami["ami_id"] = image_id(self.region_name, ami["name"])
            ami["owner_alias"] = "amazon"
            ami["creation_date"] = amis.parse_timestamp(ami["creation_date"])
            self.amis[ami["ami_id"]] = amis.Ami(self, **ami)

    amis.AmiBackend._load_amis = load_amis
