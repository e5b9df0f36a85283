"""AWS refuses to delete what is in use. moto deletes it, or leaves parts behind that can never be deleted."""

from moto.ec2 import exceptions
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend


class NatGatewayNotFound(EC2ClientError):
    def __init__(self, nat_gateway_id):
        super().__init__("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")


class AddressInUse(EC2ClientError):
    def __init__(self, address):
        super().__init__("InvalidIPAddress.InUse", f"The address with IP address {address} is in use.")


class AddressNotFound(EC2ClientError):
    def __init__(self, allocation_id):
        super().__init__(
            "InvalidAllocationID.NotFound", f"The allocation ID '{allocation_id}' does not exist"
        )


class InterfaceInUse(EC2ClientError):
    def __init__(self, eni_id):
        super().__init__(
            "InvalidParameterValue", f"Network interface '{eni_id}' is currently in use."
        )


def live_gateways(backend, **wanted):
    found = [gateway for gateway in backend.nat_gateways.values() if gateway.state != "deleted"]
    return [gateway for gateway in found if all(getattr(gateway, key) == value for key, value in wanted.items())]


def groups_of(eni):
    return {group.id for group in (eni.group_set or [])}


def rules_name(group, other_id):
    rules = list(group.ingress_rules) + list(group.egress_rules)
    return any(rule.source_group.get("GroupId") == other_id for rule in rules)


def apply() -> None:
    delete_group = EC2Backend.delete_security_group
    delete_subnet = EC2Backend.delete_subnet
    delete_vpc = EC2Backend.delete_vpc
    detach_gateway = EC2Backend.detach_internet_gateway
    release = EC2Backend.release_address
    delete_policy = IAMBackend.delete_policy

    def new_delete_group(self, name=None, group_id=None):
        group = self.get_security_group_by_name_or_id(group_id or name)
        if group is not None:
            used = any(group.id in groups_of(eni) for eni in self.enis.values())
            others = [other for groups in self.groups.values() for other in groups.values() if other.id != group.id]
            if used or any(rules_name(other, group.id) for other in others):
                raise DependencyViolationError(f"resource {group.id} has a dependent object")
        delete_group(self, name, group_id)

    def new_delete_subnet(self, subnet_id):
        busy = any(eni.subnet.id == subnet_id for eni in self.enis.values())
        if busy or live_gateways(self, subnet_id=subnet_id):
            raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        return delete_subnet(self, subnet_id)

    def new_delete_vpc(self, vpc_id):
        gateways = [gateway for gateway in self.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id]
        groups = [group for group in self.groups.get(vpc_id, {}).values() if group.name != "default"]
        endpoints = [
            endpoint
            for endpoint in self.vpc_end_points.values()
            if endpoint.vpc_id == vpc_id and endpoint.state != "deleted"
        ]
        if gateways or groups or endpoints or live_gateways(self, vpc_id=vpc_id):
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        return delete_vpc(self, vpc_id)

    def new_delete_nat_gateway(self, nat_gateway_id):
        gateway = self.nat_gateways.get(nat_gateway_id)
        if gateway is None:
            raise NatGatewayNotFound(nat_gateway_id)
        gateway.state = "deleted"
        for address in list(self.addresses):
            if address.eni is not None and address.eni.id == gateway._eni.id:
                self.disassociate_address(address=address.public_ip)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    def new_detach_gateway(self, internet_gateway_id, vpc_id):
        public = [gateway for gateway in live_gateways(self, vpc_id=vpc_id) if gateway.connectivity_type == "public"]
        mapped = any(eni.public_ip and eni.subnet.vpc_id == vpc_id for eni in self.enis.values())
        if public or mapped:
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before"
                " detaching the gateway."
            )
        detach_gateway(self, internet_gateway_id, vpc_id)

    def new_release(self, address=None, allocation_id=None):
        known = [
            found
            for found in self.addresses
            if (address and found.public_ip == address) or (allocation_id and found.allocation_id == allocation_id)
        ]
        if not known:
            raise AddressNotFound(allocation_id) if allocation_id else exceptions.InvalidAddressError(address)
        if known[0].association_id:
            raise AddressInUse(known[0].public_ip)
        release(self, address, allocation_id)

    def new_delete_policy(self, policy_arn):
        if self.get_policy(policy_arn).attachment_count > 0:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        delete_policy(self, policy_arn)

    EC2Backend.delete_security_group = new_delete_group
    EC2Backend.delete_subnet = new_delete_subnet
    EC2Backend.delete_vpc = new_delete_vpc
    EC2Backend.delete_nat_gateway = new_delete_nat_gateway
    EC2Backend.detach_internet_gateway = new_detach_gateway
    EC2Backend.release_address = new_release
    IAMBackend.delete_policy = new_delete_policy
    refuse_attached_interfaces()


def refuse_attached_interfaces() -> None:
    """Only for requests: moto itself deletes the interfaces of what it terminates."""
    from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces

    respond = ElasticNetworkInterfaces.delete_network_interface

    def new_respond(self):
        eni = self.ec2_backend.enis.get(self._get_param("NetworkInterfaceId"))
        if eni is not None and eni.attachment_id:
            raise InterfaceInUse(eni.id)
        return respond(self)

    ElasticNetworkInterfaces.delete_network_interface = new_respond
