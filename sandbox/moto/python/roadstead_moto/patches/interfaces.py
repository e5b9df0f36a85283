"""Interfaces that AWS makes for a service say so: whose they are, of which kind, and that nobody else may delete them.
moto makes them look like anybody's, without a description."""


from moto.ec2.models.nat_gateways import NatGateway


def apply() -> None:
    init = NatGateway.__init__

    def new_init(self, *args, **kwargs):
        init(self, *args, **kwargs)
        self._eni.description = f"Interface for NAT Gateway {self.id}"
        self._eni.interface_type = "nat_gateway"
        self._eni.requester_managed = True

    NatGateway.__init__ = new_init
