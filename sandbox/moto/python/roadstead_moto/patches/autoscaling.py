"""Auto Scaling as AWS does it: instances spread over the subnets, the asked version of the launch template, sizes within
their bounds, and no deletion of a group that still has instances unless forced."""

from collections import Counter

from moto.autoscaling import models, responses
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.core.exceptions import ServiceException


class ResourceInUse(AutoscalingClientError):
    code = "ResourceInUse"


def subnet_counts(group) -> Counter:
    """How many live instances each subnet of the group has."""
    counts = Counter({subnet: 0 for subnet in (group.vpc_zone_identifier or "").split(",") if subnet})
    for state in group.active_instances():
        subnet = state.instance.subnet_id
        if subnet in counts:
            counts[subnet] += 1
    return counts


def launch_template_of(group):
    if group.ec2_launch_template is None:
        return None
    return {"LaunchTemplateId": group.ec2_launch_template.id, "Version": group.launch_template_version}


def check_sizes(name, minimum, maximum, desired) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ValidationError(f"Max bound, {maximum}, must be greater than or equal to min bound, {minimum}")
    if desired is None or minimum is None or maximum is None:
        return
    if not minimum <= desired <= maximum:
        raise ValidationError(
            f"Desired capacity:{desired} must be between the specified min size:{minimum} and max size:{maximum}"
        )


def apply() -> None:
    create = AutoScalingBackend.create_auto_scaling_group
    update = FakeAutoScalingGroup.update
    set_desired = FakeAutoScalingGroup.set_desired_capacity

    def launch(self, count_needed, propagated_tags):
        tags = {**propagated_tags, models.ASG_NAME_TAG: self.name, **self.instance_tags}
        counts = subnet_counts(self)
        for _ in range(count_needed):
            subnet = min(counts, key=lambda known: (counts[known], list(counts).index(known))) if counts else None
            if subnet:
                counts[subnet] += 1
            launch_one(self, subnet, tags)

    def launch_one(self, subnet, tags):
        config = self.launch_config
        try:
            reservation = self.autoscaling_backend.ec2_backend.run_instances(
                self.image_id,
                1,
                self.user_data,
                self.security_groups,
                instance_type=self.instance_type,
                tags={"instance": dict(tags)},
                placement=None if subnet else self.availability_zones[0],
                launch_config=config,
                launch_template=launch_template_of(self),
                is_instance_type_default=False,
                associate_public_ip=config.associate_public_ip_address if config else None,
                subnet_id=subnet,
            )
        except ServiceException as error:
            raise ValidationError(f"You must use a valid fully-formed launch template. {error.message}") from error
        for instance in reservation.instances:
            instance.autoscaling_group = self
            protected = self.new_instances_protected_from_scale_in
            self.instance_states.append(models.InstanceState(instance, protected_from_scale_in=protected))

    def new_create(self, name, availability_zones, desired_capacity, max_size, min_size, *args, **kwargs):
        check_sizes(name, min_size, max_size, desired_capacity)
        return create(self, name, availability_zones, desired_capacity, max_size, min_size, *args, **kwargs)

    def new_update(self, availability_zones, desired_capacity, max_size, min_size, *args, **kwargs):
        minimum = self.min_size if min_size is None else min_size
        maximum = self.max_size if max_size is None else max_size
        check_sizes(self.name, minimum, maximum, desired_capacity)
        if desired_capacity is None:
            bounded = min(max(self.desired_capacity or 0, minimum), maximum)
            desired_capacity = bounded if bounded != self.desired_capacity else None
        update(self, availability_zones, desired_capacity, max_size, min_size, *args, **kwargs)

    def balanced_set_desired(self, new_capacity):
        """The first of the list go first: put those of the fullest subnets there, oldest template version before newer."""
        counts = subnet_counts(self)
        waiting = list(self.instance_states)
        ordered = []
        while waiting:
            pick = max(waiting, key=lambda state: (counts.get(state.instance.subnet_id, 0), -waiting.index(state)))
            waiting.remove(pick)
            counts[pick.instance.subnet_id] -= 1
            ordered.append(pick)
        self.instance_states = ordered
        set_desired(self, new_capacity)

    def respond_set_desired(self):
        name = self._get_param("AutoScalingGroupName")
        desired = self._get_int_param("DesiredCapacity")
        group = self.autoscaling_backend.autoscaling_groups.get(name)
        if group is None:
            raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup: {name} not found")
        if desired > group.max_size:
            raise ValidationError(
                f"New SetDesiredCapacity value {desired} is above max value {group.max_size} for the AutoScalingGroup."
            )
        if desired < group.min_size:
            raise ValidationError(
                f"New SetDesiredCapacity value {desired} is below min value {group.min_size} for the AutoScalingGroup."
            )
        self.autoscaling_backend.set_desired_capacity(name, desired)
        return responses.EmptyResult()

    def respond_delete(self):
        name = self._get_param("AutoScalingGroupName")
        group = self.autoscaling_backend.autoscaling_groups.get(name)
        forced = self._get_bool_param("ForceDelete", False)
        if group is not None and not forced and group.active_instances():
            raise ResourceInUse(
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s)"
                " still in the group."
            )
        if group is not None:
            for state in group.instance_states:
                state.protected_from_scale_in = False
        self.autoscaling_backend.delete_auto_scaling_group(name)
        return responses.EmptyResult()

    FakeAutoScalingGroup.replace_autoscaling_group_instances = launch
    FakeAutoScalingGroup.update = new_update
    FakeAutoScalingGroup.set_desired_capacity = balanced_set_desired
    AutoScalingBackend.create_auto_scaling_group = new_create
    responses.AutoScalingResponse.set_desired_capacity = respond_set_desired
    responses.AutoScalingResponse.delete_auto_scaling_group = respond_delete
