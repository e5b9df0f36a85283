"""Classic load balancers have the host name of their own region; moto names us-east-1 everywhere."""

from moto.elb.models import ELBBackend


def apply() -> None:
    create = ELBBackend.create_load_balancer

    def create_load_balancer(self, *args, **kwargs):
        balancer = create(self, *args, **kwargs)
        domain = "amazonaws.com.cn" if self.region_name.startswith("cn-") else "amazonaws.com"
        balancer.dns_name = f"{balancer.name}.{self.region_name}.elb.{domain}"
        return balancer

    ELBBackend.create_load_balancer = create_load_balancer
